"""Many outcomes analysed at once: which samples fit the matrix form, and the analyses that the engine would give them.

Fits: rows of equal weight, arms with LLM-only units of their own (or one population), one complete prediction column
that carries a slope, estimator auto, regression or human_only, two-sided t. Outcomes with the same unit counts are
computed together; those that do not fit, or whose numbers leave the range of a double, are left to ``effects``.
Shapes: K outcomes, D arms; arrays (K,). Units: each outcome's own.
Raises: nothing. Source: as ``effects``; the arithmetic is that of ``matrix``. Differs: in the order of summation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration import assumptions, many_blocks
from service.calibration.assumptions import ReferenceTest
from service.calibration.columns import GLANCE, rare_indicators
from service.calibration.diagnostics.exchangeability import one_column
from service.calibration.effects import Analysis, doubts
from service.calibration.errors import CalibrationError, Warned
from service.calibration.intervals.auto import Choice
from service.calibration.many_blocks import Outcomes
from service.calibration.matrix import ArmMatrix, ArmResults, BoolArray, arm_results, helpful
from service.calibration.moments import FloatArray
from service.calibration.plan import Plan
from service.calibration.resolution import Resolved, interval_choice, resolve
from service.calibration.sample import Sample, Units

FEWEST = 8  # outcomes of one kind below which a matrix saves nothing
ESTIMATORS = {"auto", "regression", "human_only"}
SLACK = 1e-6  # nearness to a threshold within which the engine decides

Kind = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sample that may fit, its place in the request, and its interval."""

    place: int
    sample: Sample
    interval: Choice


def analysed_at_once(samples: Sequence[Sample], plan: Plan) -> Mapping[int, Analysis]:
    """The analyses of the samples that fit, by their place among all samples."""
    if len(samples) < FEWEST or not _plan_fits(plan):
        return {}
    kinds: dict[Kind, list[_Candidate]] = {}
    for place, sample in enumerate(samples):
        kind, interval = _kind(sample), interval_choice(sample, plan)
        if kind is not None and interval.method == "t" and not _has_neighbour(samples, place):
            kinds.setdefault(kind, []).append(_Candidate(place, sample, interval))
    large = [candidates for candidates in kinds.values() if len(candidates) >= FEWEST]
    with np.errstate(all="ignore"):
        return {place: analysis for candidates in large for place, analysis in _analysed(candidates, plan)}


def _plan_fits(plan: Plan) -> bool:
    asked = plan.compare or plan.compat or plan.costs is not None or plan.multiplicity == "max_t"
    usual = plan.alternative == "two_sided" and plan.inference_population == "super"
    return plan.estimator in ESTIMATORS and plan.interval in {"auto", "t"} and usual and not asked


def _has_neighbour(samples: Sequence[Sample], place: int) -> bool:
    """Whether the sample is one of several of the same outcome, such as the shares of its categories."""
    around = samples[max(0, place - 1) : place + 2]
    return sum(s.outcome == samples[place].outcome for s in around) > 1


def _kind(sample: Sample) -> Kind | None:
    """What outcomes that are computed together share: arms and unit counts; None where the matrix form does not fit."""
    if len(sample.columns) != 1 or sample.shared or sample.component is not None or not sample.plain:
        return None
    column = sample.columns[0]
    plain = column.kind == "prediction" and column.arm is None and column.population_mean is None
    if not plain or column.icc is not None or any(column.n_missing_human) or any(column.n_missing_llm_only):
        return None
    human = tuple(s.n for s in sample.human if isinstance(s, Units))
    only = tuple(s.n for s in sample.llm_only if isinstance(s, Units))
    whole = len(human) == len(only) == len(sample.arms) and min(only) > 1
    return (sample.arms, human, only) if whole else None


def _analysed(candidates: Sequence[_Candidate], plan: Plan) -> Iterator[tuple[int, Analysis]]:
    """Place and analysis of candidates of one kind that turn out to fit."""
    try:
        resolved = resolve(candidates[0].sample, plan)
    except CalibrationError:
        return
    order = [candidates[0].sample.arms.index(arm) for arm in resolved.sample.arms]
    samples = [c.sample.reordered(order) for c in candidates]
    matrices = [_matrix(samples, d) for d in range(len(order))]
    arms = [arm_results(m) for m in matrices]
    used = [_used(arm, plan.estimator) for arm in arms]
    outcomes = Outcomes(resolved, samples, arms, used)
    tests = _tests(arms, resolved, plan)
    sound, estimates = many_blocks.estimates(outcomes, tests)
    sound &= np.logical_and.reduce([_carries(arm) for arm in arms]) & ~_rare(matrices[0].c, samples)
    doubted = np.logical_or.reduce([_doubted(m.y) for m in matrices])
    everything = zip(candidates, samples, tests, estimates, many_blocks.arms(outcomes), strict=True)
    sloped = list(zip(*(on.tolist() for on in used), strict=True))
    for k, (candidate, sample, tested, mine, arm_blocks) in enumerate(everything):
        if sound[k]:
            own = resolved.like(sample, candidate.interval)
            found = [*_doubts(sample, tested, judged=bool(doubted[k])), *doubts(mine)]
            yield candidate.place, Analysis(own, tested, (), sloped[k], mine, arm_blocks, tuple(found))


def _matrix(samples: Sequence[Sample], arm: int) -> ArmMatrix:
    """One arm of all samples."""
    human = [s.human[arm] for s in samples]
    only = [s.llm_only[arm] for s in samples]
    return ArmMatrix(
        np.array([s.y for s in human if isinstance(s, Units)]),
        np.concatenate([s.c for s in human if isinstance(s, Units)]),
        np.concatenate([s.c for s in only if isinstance(s, Units)]),
    )


def _used(arm: ArmResults, estimator: str) -> BoolArray:
    """In which outcomes the arm takes its slope (K,)."""
    return helpful(arm) if estimator == "auto" else np.full(arm.theta.shape, estimator == "regression")


def _carries(arm: ArmResults) -> BoolArray:
    """Whether the prediction carries a slope that is not 0 up to rounding (K,)."""
    return arm.usable & (arm.r_squared > SLACK**4)


def _tests(arms: Sequence[ArmResults], resolved: Resolved, plan: Plan) -> list[ReferenceTest | None]:
    """The test of exchangeability of every outcome; None for human-only, which does not rest on it."""
    if plan.estimator == "human_only":
        return [None] * len(arms[0].theta)
    p_values = [
        one_column(
            a.prediction_mean - a.llm_only_mean, a.prediction_scatter + a.llm_only_scatter, a.n, a.pool_size - a.n
        ).tolist()
        for a in arms
    ]
    return [assumptions.tested(values, resolved.plain.identification) for values in zip(*p_values, strict=True)]


def _doubts(sample: Sample, tested: ReferenceTest | None, *, judged: bool) -> list[Warned]:
    own = assumptions.outcome_doubts(sample) if judged else []
    return [*sample.warnings, *own, *assumptions.reference_doubts(tested)]


def _rare(c: FloatArray, samples: Sequence[Sample]) -> BoolArray:
    """Outcomes (K,) whose prediction is a rare indicator, from the first arm's predictions (K, n)."""
    rare = _two_valued(c)
    rare[rare] = [bool(rare_indicators(samples[k])) for k in np.flatnonzero(rare).tolist()]
    return rare


def _two_valued(values: FloatArray) -> BoolArray:
    """Rows of (K, n) with at most two values at a glance."""
    steps = np.diff(np.sort(values[:, :GLANCE], axis=1), axis=1)
    return np.asarray(np.count_nonzero(steps, axis=1) <= 1)


def _doubted(y: FloatArray) -> BoolArray:
    """Outcomes (K,) of (K, n) that are two-valued at a glance or may be too skewed: ``assumptions`` judges them."""
    n = y.shape[1]
    deviations = y - y.mean(axis=1, keepdims=True)
    squares = deviations * deviations
    skewness = np.einsum("kn,kn->k", squares, deviations) / n / (squares.sum(axis=1) / n) ** 1.5
    return np.asarray(_two_valued(y) | (np.abs(skewness) > (1.0 - SLACK) * assumptions.most_skewness(n)))
