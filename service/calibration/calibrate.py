"""The entry: samples and a plan in, an answer out. Pure; every number is computed here or below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from service.calibration import assumptions, missing_answers
from service.calibration.analyses import analyses
from service.calibration.answer import Answer, Applied, ArmBlock, Assumption, Claim, EstimateBlock
from service.calibration.between import compared, partially_pooled, shared_clusters
from service.calibration.diagnostics.exchangeability import TEST_LEVEL
from service.calibration.effects import Analysis
from service.calibration.errors import Warned
from service.calibration.inference import level
from service.calibration.plan import Plan
from service.calibration.resolution import Resolved
from service.calibration.sample import Sample
from service.calibration.simultaneous import together
from service.calibration.told import told
from service.calibration.transport.evidence import transport
from service.calibration.transport.transported import transported

if TYPE_CHECKING:
    from service.calibration.designs.answer import DesignAnswer

SCALES = dict.fromkeys(("logistic", "multinomial", "conditional_logit"), "log_odds") | {"poisson": "log_rate"}
DRAWING = {"bootstrap", "bootstrap_t", "randomization"}
B = TypeVar("B", EstimateBlock, ArmBlock)


def calibrate(samples: Sample | Sequence[Sample], plan: Plan) -> Answer:
    """Calibrated estimates of one sample, or of one per outcome (and category of each), under a plan.

    Shapes: estimates in the order outcome x subgroup (everyone first) x contrast (or arm) x category, arms likewise.
    Units: the outcome's.
    Raises: ``UnsupportedCombination``, ``InvalidPlan``, ``NotIdentified``, each with every problem and its place.
    Source: Broska, Howes & van Loon (2025), Sociological Methods & Research 54(3); Hullman et al. 2602.15785.
    """
    sent = [samples] if isinstance(samples, Sample) else samples
    with np.errstate(all="ignore"):
        weighted = transported(sent, plan)
        found = analyses(weighted, plan)
        everything = told(together([a for group in found.groups for a in group], plan), plan)
        following = iter(everything)
        outcomes = [list(islice(following, len(group))) for group in found.groups]
        first = everything[0]
        several = sum(len(o) for o, subgroup in zip(outcomes, found.subgroups, strict=True) if subgroup is None) > 1
        bought, doubt = _design(first.resolved, several=several)
        estimates, pooling = _beside(list(_ordered([[a.estimates for a in outcome] for outcome in outcomes])), plan)
        between = tuple(compared(estimates))
        missing = missing_answers.of(outcomes, plan.missing_delta)
        moved, far = transport(sent[0], weighted[0], everything)
    weakest: Claim = "exploratory" if any(e.claim == "exploratory" for e in estimates) else "confirmatory"
    spanned = shared_clusters(sent) if between and first.resolved.sample.clustered else []
    return Answer(
        claim=weakest,
        verdict=estimates[0].verdict,
        estimates=tuple(estimates),
        arms=tuple(_ordered([[a.arms for a in outcome] for outcome in outcomes])),
        applied=_applied([outcome[0] for outcome in outcomes], found.subgroups),
        assumptions=tuple(_assumed([outcome[0] for outcome in outcomes])),
        warnings=tuple(
            dict.fromkeys(
                [*(w for a in everything for w in a.warnings), *found.warnings, *spanned, *pooling, *doubt, *far]
            )
        ),
        design=bought,
        heterogeneity=between,
        missing_answers=missing,
        transport=moved,
    )


def _beside(estimates: list[EstimateBlock], plan: Plan) -> tuple[list[EstimateBlock], list[Warned]]:
    return partially_pooled(estimates, plan) if plan.partial_pooling else (estimates, [])


def _ordered(blocks: Sequence[Sequence[Sequence[B]]]) -> Iterator[B]:
    """Blocks by outcome, category and name in the order outcome, name, category."""
    return (block for outcome in blocks for together in zip(*outcome, strict=True) for block in together)


def _assumed(outcomes: Sequence[Analysis]) -> list[Assumption]:
    """The assumptions of all outcomes: those that are tested for each are tested jointly (Bonferroni)."""
    listed = assumptions.others(outcomes[0].resolved)
    return listed + assumptions.joint([a.tested for a in outcomes if a.tested is not None])


def _design(resolved: Resolved, *, several: bool) -> tuple[DesignAnswer | None, list[Warned]]:
    """The design for the plan's costs, if it has any."""
    if resolved.plan.costs is None:
        return None, []
    from service.calibration.study_design import recommended

    return recommended(resolved, resolved.plan.costs, several=several)


def _choice(outcomes: Sequence[Analysis]) -> tuple[str, str]:
    """What ``auto`` came to, and why."""
    used = [sloped for a in outcomes for sloped in a.sloped]
    if any(used):
        where = "every arm" if all(used) else f"{sum(used)} of {len(used)} arms"
        return "regression", f"columns explain more than chance would (adjusted R^2 above columns/(n - 2)) in {where}"
    if not any(has for a in outcomes for has in a.resolved.frame.has_pool):
        return "human_only", "no arm has LLM-only units, so its LLM answers cannot add anything"
    return "human_only", "in no arm do columns explain more than chance would: the human-only estimate has limited harm"


def _applied(outcomes: Sequence[Analysis], subgroups: Sequence[str | None]) -> Applied:
    resolved = outcomes[0].resolved
    plan, sample = resolved.plan, resolved.sample
    name, reason = _choice(outcomes) if plan.estimator == "auto" else (plan.estimator, "as requested")
    differences = level(resolved.contrasts[0].weights) == 0.0
    methods = dict.fromkeys(e.result.interval.method for a in outcomes for e in a.estimates)
    return Applied(
        estimand=resolved.estimand,
        categories=sample.categories or None,
        estimator=name,
        interval=", ".join(methods),
        identification=resolved.frame.identification,
        prediction_design=sample.prediction_design,
        control=sample.arms[0] if plan.contrasts is None and differences else None,
        contrasts={c.name: dict(zip(sample.arms, c.weights.tolist(), strict=True)) for c in resolved.contrasts},
        confidence_level=plan.confidence_level,
        alternative=plan.alternative,
        null_value=plan.null_value,
        margin=plan.margin if plan.alternative in ("equivalence", "non_inferiority") else None,
        bounds=plan.bounds,
        multiplicity=plan.multiplicity,
        tuning=plan.tuning if plan.estimator == "difference_in_predictions" else None,
        replicates=plan.replicates if set(methods) & DRAWING else None,
        inference_population=plan.inference_population,
        compat=resolved.frame.compat,
        exchangeability_level=TEST_LEVEL,
        seed=plan.seed,
        reason=reason,
        scale=SCALES.get(resolved.estimand),
        subgroups=tuple(dict.fromkeys(s for s in subgroups if s is not None)) or None,
        partial_pooling=plan.partial_pooling,
        model_selection=plan.model_selection if resolved.selection is not None else "all",
        interactions=None if plan.model is None else plan.model.interactions or None,
        statistic=plan.statistic,
    )
