"""A quantile asked of a sample, with the plan's estimand decided whatever the registry holds."""

from __future__ import annotations

from dataclasses import replace

from service.calibration import assumptions
from service.calibration.effects import Analysis
from service.calibration.estimands import quantile
from service.calibration.plan import Plan
from service.calibration.quantiles.effects import analysed
from service.calibration.resolution import Resolved, resolve
from service.calibration.sample import Sample


def resolved(sample: Sample, plan: Plan) -> Resolved:
    """The plan's defaults decided for a quantile."""
    wanted = quantile.contrasts(sample.arms, plan)
    found = resolve(sample, replace(plan, estimand="mean_difference" if len(sample.arms) > 1 else "mean"))
    return replace(found, plan=replace(plan, estimand="quantile"), estimand="quantile", contrasts=wanted)


def ask(sample: Sample, *quantiles: float, **plan) -> tuple[Analysis, ...]:
    """One analysis per q."""
    found = resolved(sample, Plan(estimand="quantile", quantiles=quantiles, **plan))
    tested = assumptions.reference(found.plain) if found.plan.estimator != "human_only" else None
    return analysed(found, tested)
