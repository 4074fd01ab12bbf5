"""The entry: samples and a plan in, an answer out. Pure; every number is computed here or below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter
from typing import TypeVar

import numpy as np

from service.calibration import assumptions
from service.calibration.answer import Answer, Applied, ArmBlock, Assumption, Claim, EstimateBlock
from service.calibration.designs.answer import DesignAnswer
from service.calibration.designs.objective import Aim
from service.calibration.designs.study import Wish, design_of_study
from service.calibration.diagnostics.exchangeability import TEST_LEVEL
from service.calibration.effects import Analysis, analysed
from service.calibration.errors import CalibrationError, InvalidPlan, NotIdentified, Warned
from service.calibration.estimate import Frame
from service.calibration.inference import level
from service.calibration.many import analysed_at_once
from service.calibration.modelled import all_modelled, statistic_of
from service.calibration.plan import Costs, Plan
from service.calibration.resolution import Resolved, resolve
from service.calibration.sample import Sample
from service.calibration.simultaneous import together

DRAWING = {"bootstrap", "bootstrap_t", "randomization"}
B = TypeVar("B", EstimateBlock, ArmBlock)


def calibrate(samples: Sample | Sequence[Sample], plan: Plan) -> Answer:
    """Calibrated estimates of one sample, or of one per outcome (and category of each), under a plan.

    Shapes: estimates in the order outcome x contrast (or arm) x category, arm blocks likewise. Units: the outcome's.
    Raises: ``UnsupportedCombination``, ``InvalidPlan``, ``NotIdentified``, each with every problem and its place.
    Source: Broska, Howes & van Loon (2025), Sociological Methods & Research 54(3); Hullman et al. 2602.15785.
    """
    with np.errstate(all="ignore"):
        groups = _grouped([samples] if isinstance(samples, Sample) else samples, plan)
        everything = together([a for group in groups for a in group], plan)
        following = iter(everything)
        outcomes = [list(islice(following, len(group))) for group in groups]
        first = everything[0]
        bought, doubt = _design(first.resolved, several=len(everything) > 1)
    estimates = tuple(_ordered([[a.estimates for a in outcome] for outcome in outcomes]))
    weakest: Claim = "exploratory" if any(e.claim == "exploratory" for e in estimates) else "confirmatory"
    return Answer(
        claim=weakest,
        verdict=estimates[0].verdict,
        estimates=estimates,
        arms=tuple(_ordered([[a.arms for a in outcome] for outcome in outcomes])),
        applied=_applied([outcome[0] for outcome in outcomes]),
        assumptions=tuple(_assumed([outcome[0] for outcome in outcomes])),
        warnings=tuple(dict.fromkeys([*(w for a in everything for w in a.warnings), *doubt])),
        design=bought,
    )


def _grouped(samples: Sequence[Sample], plan: Plan) -> list[list[Analysis]]:
    """Every sample's analysis, the categories of an outcome together; raises all problems of all of them."""
    statistic = statistic_of(plan)
    if statistic is not None:
        return all_modelled(samples, plan, statistic)
    done = analysed_at_once(samples, plan)
    rest = {place: samples[place] for place in range(len(samples)) if place not in done}
    resolved = _resolved(rest.items(), plan)
    found = [(places[0], list(_analyses([resolved[p] for p in places], plan))) for places in _outcomes(rest)]
    return [group for _, group in sorted([*found, *((place, [a]) for place, a in done.items())], key=itemgetter(0))]


def _outcomes(samples: Mapping[int, Sample]) -> list[list[int]]:
    """The places of samples that follow each other and are of one outcome, such as the shares of its categories."""
    places = groupby(samples, key=lambda place: samples[place].outcome)
    return [list(group) for _, group in places]


def _resolved(samples: Iterable[tuple[int, Sample]], plan: Plan) -> Mapping[int, Resolved]:
    """Every sample's resolved plan by its place; raises all problems of all of them."""
    found: dict[int, Resolved] = {}
    refused: list[CalibrationError] = []
    for place, sample in samples:
        try:
            found[place] = resolve(sample, plan)
        except CalibrationError as problem:
            refused.append(problem)
    if refused:
        kinds = {type(problem) for problem in refused}
        kind = kinds.pop() if len(kinds) == 1 else InvalidPlan
        raise kind(list(dict.fromkeys(p for problem in refused for p in problem.problems)))
    return found


def _analyses(group: Sequence[Resolved], plan: Plan) -> Iterator[Analysis]:
    """The analyses of one outcome; its categories share their columns, so one test speaks for all."""
    tested = assumptions.reference(group[0].plain) if plan.estimator != "human_only" else None
    return (analysed(resolved, tested) for resolved in group)


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
    contrasts = np.array([c.weights for c in resolved.contrasts])
    own = Wish(aim=Aim(confidence_level=resolved.plan.confidence_level), seed=resolved.plan.seed)
    frame = Frame(resolved.sample, resolved.plain.identification) if resolved.sample.strata else resolved.plain
    found = design_of_study(frame, contrasts, costs, wish or own)
    if resolved.sample.plain:
        return found
    text = "the design is for independent, equally likely units: weights, clusters and strata are not planned for"
    return replace(found, warnings=(*found.warnings, Warned("design_ignores_survey_design", text, "/data")))


def _choice(outcomes: Sequence[Analysis]) -> tuple[str, str]:
    """What ``auto`` came to, and why."""
    used = [sloped for a in outcomes for sloped in a.sloped]
    if any(used):
        where = "every arm" if all(used) else f"{sum(used)} of {len(used)} arms"
        return "regression", f"columns explain more than chance would (adjusted R^2 above columns/(n - 2)) in {where}"
    if not any(has for a in outcomes for has in a.resolved.frame.has_pool):
        return "human_only", "no arm has LLM-only units, so its LLM answers cannot add anything"
    return "human_only", "in no arm do columns explain more than chance would: the human-only estimate has limited harm"


def _applied(outcomes: Sequence[Analysis]) -> Applied:
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
    )
