"""Many outcomes analysed at once: which samples fit the matrix form, and the analyses that the engine would give them.

Fits: the blocks of a table (``layouts.matrices``), whose prediction carries a slope, under estimator auto, regression
or human_only and a two-sided t. Outcomes that do not fit, or whose numbers leave the range of a double, are left to
``effects``. Whether rows repeat is judged by the first outcome.
Shapes: K outcomes, D arms; arrays (K,). Units: each outcome's own.
Raises: nothing. Source: as ``effects``; the arithmetic is that of ``matrix``. Differs: in the order of summation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from service.calibration import assumptions, many_blocks, outlying, repeated
from service.calibration.columns import EXACT, GLANCE, rare_indicators
from service.calibration.diagnostics.exchangeability import one_column
from service.calibration.effects import Analysis, doubts
from service.calibration.errors import CalibrationError
from service.calibration.many_blocks import Outcomes
from service.calibration.matrix import ArmResults, BoolArray, arm_results, helpful
from service.calibration.moments import FloatArray
from service.calibration.plan import Plan
from service.calibration.resolution import interval_choice, resolve
from service.calibration.sample import Sample
from service.calibration.samples import ArmMatrix, Block, blocks_of

ESTIMATORS = {"auto", "regression", "human_only"}
SLACK = 1e-6  # nearness to a threshold within which the engine decides


def analysed_at_once(samples: Sequence[Sample], plan: Plan) -> Mapping[int, Analysis]:
    """The analyses of the samples that fit, by their place among all samples."""
    if not _plan_fits(plan):
        return {}
    with np.errstate(all="ignore"):
        return {place: analysis for block in blocks_of(samples) for place, analysis in _analysed(block, samples, plan)}


def _plan_fits(plan: Plan) -> bool:
    asked = plan.compare or plan.compat or plan.costs is not None or plan.multiplicity == "max_t"
    usual = plan.alternative == "two_sided" and plan.inference_population == "super" and plan.estimand != "quantile"
    usual &= plan.model_selection == "all"
    return plan.estimator in ESTIMATORS and plan.interval in {"auto", "t"} and usual and not asked


def _analysed(block: Block, samples: Sequence[Sample], plan: Plan) -> Iterator[tuple[int, Analysis]]:
    """Place and analysis of the outcomes of a block that turn out to fit; all share the resolved plan of the first."""
    first = samples[block.places[0]]
    try:
        resolved = resolve(first, plan)
    except CalibrationError:
        return
    matrices = [block.arms[first.arms.index(arm)] for arm in resolved.sample.arms]
    arms = [arm_results(m) for m in matrices]
    used = [_used(arm, plan.estimator) for arm in arms]
    outcomes, p_values = Outcomes(resolved, block, arms, used), [_p_values(a) for a in arms]
    tests = [None] * len(block.places) if plan.estimator == "human_only" else assumptions.exchangeable(p_values)
    found = many_blocks.estimates(outcomes, [] if plan.estimator == "human_only" else p_values)
    sound = found.sound & np.logical_and.reduce([_carries(arm) for arm in arms])
    sound &= _fitting(samples, block.places, plan, matrices)
    doubted = np.logical_or.reduce([_doubted(m.y) for m in matrices]).tolist()
    again, asked = bool(repeated.doubts(first)), plan.estimator != "human_only"
    far = np.logical_or.reduce(
        [_far(m) if asked else np.zeros(len(block.places), dtype=bool) for m in matrices]
    ).tolist()
    sloped = list(zip(*(on.tolist() for on in used), strict=True))
    blocks, harmed = many_blocks.arms(outcomes), found.harmed.tolist()
    for k in np.flatnonzero(sound).tolist():
        place, tested, mine = block.places[k], tests[k], found.blocks[k]
        warned = [*block.warnings[k], *(assumptions.outcome_doubts(samples[place]) if doubted[k] else ())]
        warned += repeated.doubts(samples[place]) if again else []
        warned += outlying.doubts(samples[place]) if far[k] else []
        warned += [*assumptions.reference_doubts(tested), *(doubts(mine) if harmed[k] else ())]
        yield place, Analysis(resolved, tested, (), sloped[k], mine, blocks[k], tuple(warned))


def _used(arm: ArmResults, estimator: str) -> BoolArray:
    """In which outcomes the arm takes its slope (K,)."""
    return helpful(arm) if estimator == "auto" else np.full(arm.theta.shape, estimator == "regression")


def _carries(arm: ArmResults) -> BoolArray:
    """Whether the prediction carries a slope that is not 0, and residuals, that are not 0 up to rounding (K,)."""
    return arm.usable & (arm.r_squared > SLACK**4) & (arm.r_squared <= EXACT)


def _p_values(arm: ArmResults) -> FloatArray:
    """P-values (K,) of the test of exchangeability of an arm with its pool."""
    gap, m = arm.prediction_mean - arm.llm_only_mean, arm.pool_size - arm.n
    return one_column(gap, arm.prediction_scatter + arm.llm_only_scatter, arm.n, m)


def _fitting(samples: Sequence[Sample], places: Sequence[int], plan: Plan, matrices: Sequence[ArmMatrix]) -> BoolArray:
    """Outcomes (K,) whose interval is t and whose prediction is no rare indicator: the sample decides in doubt."""
    doubtful: BoolArray = np.logical_and.reduce([_two_valued(m.c) for m in matrices])
    if plan.interval == "auto":
        doubtful |= np.logical_and.reduce([_two_valued(m.y) for m in matrices])
    found = np.logical_not(doubtful)
    for k in np.flatnonzero(doubtful).tolist():
        sample = samples[places[k]]
        found[k] = interval_choice(sample, plan).method == "t" and not rare_indicators(sample)
    return found


def _two_valued(values: FloatArray) -> BoolArray:
    """Rows of (K, n) with at most two values at a glance."""
    steps = np.diff(np.sort(values[:, :GLANCE], axis=1), axis=1)
    return np.asarray(np.count_nonzero(steps, axis=1) <= 1)


def _far(arm: ArmMatrix) -> BoolArray:
    """Outcomes (K,) with LLM answers that may be far from all others, by a few of them: ``outlying`` judges."""
    few = np.sort(np.hstack([v[:, :: 1 + v.shape[1] // GLANCE] for v in (arm.c, arm.only)]), axis=1)
    tenth, middle = few.shape[1] // outlying.TENTH, few[:, few.shape[1] // 2]
    near = outlying.FAR / 8.0 * (few[:, -1 - tenth] - few[:, tenth])
    high, low = (np.stack([of(v, axis=1) for v in (arm.c, arm.only)]) for of in (np.max, np.min))
    return np.asarray(np.maximum(high.max(axis=0) - middle, middle - low.min(axis=0)) > near)


def _doubted(y: FloatArray) -> BoolArray:
    """Outcomes (K,) of (K, n) that are two-valued at a glance or may be too skewed: ``assumptions`` judges them."""
    n = y.shape[1]
    deviations = y - y.mean(axis=1, keepdims=True)
    squares = deviations * deviations
    skewness = np.einsum("kn,kn->k", squares, deviations) / n / (squares.sum(axis=1) / n) ** 1.5
    return np.asarray(_two_valued(y) | (np.abs(skewness) > (1.0 - SLACK) * assumptions.most_skewness(n)))
