"""What goes with a target population, and what is refused.

Raises: nothing; problems are ``unsupported_combination``, each with what is supported.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.calibration.errors import Problem
from service.calibration.plan import Plan
from service.calibration.sample import Sample

ESTIMANDS = (None, "mean", "mean_difference", "proportions")
INTERVALS = ("auto", "t", "normal")


def problems(sample: Sample, plan: Plan) -> list[Problem]:
    """Every part of plan and sample that a target cannot go with."""
    found = [*_of_plan(plan), *_of_sample(sample)]
    return [Problem(place, "unsupported_combination", text, f"supported: {hint}") for place, text, hint in found]


def _of_plan(plan: Plan) -> Iterator[tuple[str, str, str]]:
    if plan.estimand not in ESTIMANDS:
        text = f"{plan.estimand} is not transported to a target population"
        yield "/plan/estimand", text, "target with mean, mean_difference or proportions"
    if plan.interval not in INTERVALS:
        text = f"interval {plan.interval} does not know that weights were made to meet the target's margins"
        yield "/plan/interval", text, "target with interval auto (which is t), t or normal"
    if plan.estimator in ("recalibrated", "design_based"):
        text = f"estimator {plan.estimator} is not transported to a target population"
        yield "/plan/estimator", text, "target with any other estimator"
    if plan.inference_population == "sample":
        text = "inference about the sample at hand and about a target population exclude each other"
        yield "/plan/inference_population", text, "target with inference_population super"
    if plan.compat:
        yield "/plan/compat", "the published forms know no target population", "target without compat"
    if plan.costs is not None:
        text = "no design is computed for a target population"
        yield "/plan/costs", text, "target without costs; POST /v1/designs plans a study of the sampled population"
    if plan.stratum_shares is not None:
        text = "shares of strata and a target state the same thing twice"
        yield "/plan/stratum_shares", text, "target, with the stratum as a covariate and its shares as a margin"


def _of_sample(sample: Sample) -> Iterator[tuple[str, str, str]]:
    if sample.strata:
        text = "strata are weighted by their shares, which a target changes"
        yield "/data/stratum", text, "target, with the stratum as a covariate and its shares as a margin"
    if sample.by_probability:
        text = "known sampling probabilities identify the sampled population, not a target"
        yield "/data/sampling_probability", text, "target with weight (base weights, such as w / pi)"
    if sample.subgroup is not None:
        text = "margins of everyone say nothing about subgroups"
        yield "/data/subgroup", text, "target without subgroup, one request per subgroup with its own margins"
    if sample.unanswered:
        text = "response propensities are estimated for the sampled population"
        yield "/plan/missing", text, 'target with missing "error" or "drop_unit"'
    for column in sample.columns:
        if column.population_mean is not None:
            text = "a known population mean of predictions is not that of the target population"
            yield f"{column.pointer}/population_mean".replace("/values", ""), text, "target without population_mean"
