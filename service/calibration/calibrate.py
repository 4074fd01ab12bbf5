"""The entry: samples and a plan in, an answer out. Pure; every number is computed here or below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

import numpy as np

from service.calibration import assumptions, missing_answers
from service.calibration.analyses import analyses
from service.calibration.answer import Answer, Applied, ArmBlock, Assumption, Claim, EstimateBlock
from service.calibration.between import compared, partially_pooled, shared_clusters
from service.calibration.designs.answer import DesignAnswer
from service.calibration.designs.objective import Aim
from service.calibration.designs.study import Wish, design_of_study
from service.calibration.diagnostics.exchangeability import TEST_LEVEL
from service.calibration.effects import Analysis
from service.calibration.errors import CalibrationError, NotIdentified, UnsupportedCombination, Warned
from service.calibration.estimate import Frame
from service.calibration.inference import level
from service.calibration.moments import FloatArray
from service.calibration.plan import Costs, Plan
from service.calibration.resolution import Resolved
from service.calibration.sample import Sample
from service.calibration.simultaneous import together
from service.calibration.told import told
from service.calibration.transport.evidence import transport
from service.calibration.transport.transported import transported

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
    resolved = outcomes[0].resolved
    plan = resolved.plan
    listed = assumptions.others(resolved.sample, plan.inference_population, llm_asked=plan.estimator != "human_only")
    return listed + assumptions.joint([a.tested for a in outcomes if a.tested is not None])


def _design(resolved: Resolved, *, several: bool) -> tuple[DesignAnswer | None, list[Warned]]:
    """The design for the plan's costs; a warning where the data cannot tell, a refusal where the costs are wrong."""
    if resolved.plan.costs is None:
        return None, []
    text = "the design is that of the first outcome (and its first category), not of all of them at once"
    doubts = [Warned("design_first_outcome", text, "/plan/costs")] if several else []
    try:
        return study_design(resolved, resolved.plan.costs), doubts
    except NotIdentified as unknown:
        text = f"no design could be computed: {unknown.problems[0].detail}"
        return None, [Warned("design_not_computed", text, "/plan/costs")]
    except CalibrationError as refused:
        raise type(refused)([replace(p, pointer=_in_plan(p.pointer)) for p in refused.problems]) from refused


def _in_plan(pointer: str) -> str:
    return f"/plan{pointer}" if pointer.startswith("/costs") else "/plan/costs"


def study_design(resolved: Resolved, costs: Costs, wish: Wish | None = None) -> DesignAnswer:
    """The optimal design that a resolved plan's data suggest at these prices (see ``designs.study``)."""
    own = Wish(aim=Aim(confidence_level=resolved.plan.confidence_level), seed=resolved.plan.seed)
    found = design_of_study(planned_frame(resolved), planned_contrasts(resolved), costs, wish or own)
    if resolved.sample.plain:
        return found
    text = "the design is for independent, equally likely units: weights, clusters and strata are not planned for"
    return replace(found, warnings=(*found.warnings, Warned("design_ignores_survey_design", text, "/data")))


def planned_frame(resolved: Resolved) -> Frame:
    """The data that a design is made of: without strata; refused where propensities would be part of it."""
    if resolved.sample.response:
        text = "a design is of people who all answer, and this data's response propensities would be part of it"
        hint = "supported: missing drop_unit"
        raise UnsupportedCombination.at("/basis/plan/missing", "unsupported_combination", text, hint)
    return Frame(resolved.sample, resolved.plain.identification) if resolved.sample.strata else resolved.plain


def planned_contrasts(resolved: Resolved) -> FloatArray:
    """The contrasts (C, D) that a design serves."""
    return np.array([c.weights for c in resolved.contrasts])


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
