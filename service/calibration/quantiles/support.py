"""What quantiles are computed with, and the refusals that list it.

Raises: ``rows_required``, ``unsupported_combination``.
"""

from __future__ import annotations

from service.calibration.errors import Problem, UnsupportedCombination
from service.calibration.intervals.requirements import require_inside
from service.calibration.plan import EstimatorName, Plan
from service.calibration.quantiles import as_published
from service.calibration.resolution import Resolved
from service.calibration.sample import Sample

ESTIMATORS: tuple[EstimatorName, ...] = ("auto", "regression", "human_only", "ppi")
INTERVALS = ("auto", "t", "normal")
CODE = "unsupported_combination"


def check(sample: Sample, plan: Plan) -> None:
    """Refuse what quantiles are not computed with, all problems at once."""
    problems = [*_plan_problems(plan), *as_published.refused(sample, plan), *_sample_problems(sample)]
    if problems:
        raise UnsupportedCombination(problems)


def check_bounds(resolved: Resolved) -> None:
    """Refuse stated bounds that an answer lies outside of: open ends of intervals are closed by them."""
    if resolved.plan.bounds is not None:
        require_inside(resolved.plain, resolved.plan.bounds, resolved.settings.method)


def _plan_problems(plan: Plan) -> list[Problem]:
    found = []
    if plan.estimator not in ESTIMATORS:
        text = f"estimator {plan.estimator} does not calibrate distribution functions"
        found.append(Problem("/plan/estimator", CODE, text, f"supported: {', '.join(ESTIMATORS)}"))
    if plan.interval not in INTERVALS:
        text = f"interval {plan.interval} does not invert distribution functions"
        found.append(Problem("/plan/interval", CODE, text, f"supported: {', '.join(INTERVALS)}"))
    if plan.multiplicity == "max_t":
        text = "limits of quantiles have no joint normal distribution to draw from"
        hint = "supported: none, holm, hochberg, benjamini_hochberg"
        found.append(Problem("/plan/multiplicity", CODE, text, hint))
    if plan.costs is not None:
        text = "designs are optimal for means; none is computed for quantiles"
        found.append(Problem("/plan/costs", CODE, text, "supported: costs with means; leave out costs"))
    return found


def _sample_problems(sample: Sample) -> list[Problem]:
    if not sample.has_rows:
        text = "quantiles need every unit's row and the data holds moments"
        return [Problem("/data/layout", "rows_required", text, "send layout table or arrays")]
    return [
        Problem(
            c.pointer,
            CODE,
            "the mean of a prediction says nothing about its distribution",
            "supported: population_mean of covariates; leave it out of predictions",
        )
        for c in sample.columns
        if c.kind == "prediction" and c.population_mean is not None
    ]
