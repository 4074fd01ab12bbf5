"""randomization: inversion of the randomization test of a constant effect, with the estimate's own adjusted statistic.

Formula: tau is in the interval while the studentised adjusted difference of y - tau Z is not extreme among
re-assignments of the arms; each re-assignment is as extreme from one tau on, so that p(tau) = (1 + #)/(R + 1) and the
ends are order statistics (see ``reassignment``). Slopes are fitted anew in every re-assignment; which arms use them
(the choice of ``auto``) is held fixed. All assignments are tried where there are no more than R.
Shapes: contrast (D,) of two arms, R re-assignments. Units: outcome units.
Assumes: random assignment with fixed numbers per arm (per stratum; of whole clusters where there are clusters), and one
effect for all units. Inference is for the units at hand, whatever ``inference_population`` says.
Breaks: effects that differ between units (still right in large samples, being studentised); ``auto`` with 8 humans per
arm, where the choice of slopes from the data costs about .02 of coverage.
Raises: ``rows_required``, ``unsupported_combination``.
Source: Fisher (1935); Wu & Ding (2021), JASA 116:1898-1913.
Differs: where a re-assignment is extreme on several pieces of the line the hull is taken, which can only widen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import sqrt

import numpy as np

from service.calibration.card import Card
from service.calibration.estimate import Estimate
from service.calibration.intervals.pivot import Context, Draws
from service.calibration.intervals.requirements import require_rows, unsupported
from service.calibration.moments import FloatArray
from service.calibration.reassignment import Dealt, Statistics, bounds, reassigned, statistics
from service.calibration.sample import Units

ROUNDING = 1e-9
SUPPORTED = (
    "a difference of two arms, shared predictions identified by randomization with estimator regression, auto or "
    "human_only (any data for human_only), equal weights"
)

CARD = Card(
    name="randomization",
    title="Randomization test, inverted",
    formula="all effects at which the studentised adjusted difference is not extreme among re-assignments of the arms",
    assumptions=(
        "arms (within strata; of whole clusters) were assigned at random",
        "one effect for all units; inference is for the units at hand (inference_population sample)",
    ),
    limits=(
        "two arms at a time; shared predictions under randomization, or human_only",
        "exact with regression and human_only; with auto, whose choice of slopes is not repeated, .93 at 8 per arm",
        "no survey weights or unequal probabilities; clusters must lie inside arms",
    ),
    sources=("Fisher (1935), The Design of Experiments", "Wu & Ding (2021), JASA 116:1898-1913"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One stratum's two arms (all units where there are no strata) and its weight in the contrast."""

    first: int
    second: int
    share: float


def pivot(estimate: Estimate, contrast: FloatArray, context: Context) -> Draws:
    """The sorted ends of every re-assignment's extreme region for a contrast (D,) of two arms."""
    require_rows(estimate.frame.sample, CARD.name)
    cells = _cells(estimate, contrast)
    _require_adjustable(estimate, np.flatnonzero(contrast).tolist())
    units = [_units(estimate, cell) for cell in cells]
    own = _added(cells, [statistics(u, u.assignment[None]) for u in units])
    effect, error = float(own.effect[0]), sqrt(float(own.square[0]))
    scale = sum(cell.share for cell in cells)
    if error == 0.0:
        point = np.full(context.replicates, scale * effect)
        return Draws(point, point)
    generator, alone = context.generator("randomization"), len(units) == 1
    dealt = [reassigned(u, context.replicates, generator, exhaustive=alone) for u in units]
    lower, upper = bounds(_added(cells, dealt), effect, error)
    return Draws(scale * lower, scale * upper)


def _cells(estimate: Estimate, contrast: FloatArray) -> list[Cell]:
    """The two arms of every stratum; refuses what is not a difference of two arms."""
    sample = estimate.frame.sample
    stratum = np.array(sample.stratum_of) if sample.stratum_of else np.zeros(len(sample.arms), dtype=np.int64)
    more, less = np.flatnonzero(contrast > 0.0), np.flatnonzero(contrast < 0.0)
    pairs = [(int(d), int(e)) for d in more for e in less if stratum[d] == stratum[e]]
    alike = all(abs(contrast[d] + contrast[e]) < ROUNDING * contrast[d] for d, e in pairs)
    if not len(pairs) == len(more) == len(less) or len({sample.arms[d] for d in np.flatnonzero(contrast)}) != 2:
        alike = False
    if not alike:
        raise unsupported(CARD.name, "compares two arms with opposite weights", SUPPORTED)
    return [Cell(d, e, float(contrast[d])) for d, e in pairs]


def _added(cells: Sequence[Cell], found: Sequence[Statistics]) -> Statistics:
    """The strata together, for an effect of one on the scale of the outcome."""
    whole = sum(cell.share for cell in cells)
    return reduce(Statistics.plus, [f.weighed(c.share / whole) for c, f in zip(cells, found, strict=True)])


def _require_adjustable(estimate: Estimate, used: Sequence[int]) -> None:
    """Refuses what a re-assignment cannot recompute: weights, slopes not the arm's own, other identifications."""
    sample = estimate.frame.sample
    if estimate.frame.weighted or sample.by_probability:
        raise unsupported(CARD.name, "needs equal weights", SUPPORTED)
    sloped = [d for d in used if estimate.slope[d].any()]
    dealt_alike = sample.shared and estimate.frame.identification == "randomization"
    if sloped and (not dealt_alike or any(estimate.fixed[d] for d in sloped)):
        raise unsupported(CARD.name, "needs slopes that every re-assignment can fit again", SUPPORTED)


def _units(estimate: Estimate, cell: Cell) -> Dealt:
    """Both arms' units stacked, with each arm's own columns around the pool's mean."""
    arms = (cell.first, cell.second)
    rows = [source for d in arms if isinstance(source := estimate.frame.sample.human[d], Units)]
    assignment = np.repeat([1.0, 0.0], [rows[0].n, rows[1].n])
    codes = [source.cluster for source in rows if source.cluster is not None]
    cluster = np.concatenate(codes) if len(codes) == len(rows) else None
    if cluster is not None and set(codes[0].tolist()) & set(codes[1].tolist()):
        raise unsupported(CARD.name, "needs clusters that were assigned as wholes", SUPPORTED)
    c = np.concatenate([source.c for source in rows], axis=1)
    x = (_columns(estimate, cell.first, c), _columns(estimate, cell.second, c))
    return Dealt(np.concatenate([s.y for s in rows if s.y is not None]), assignment, x, cluster)


def _columns(estimate: Estimate, arm: int, c: FloatArray) -> FloatArray:
    """(1, c - cbar*) of all units on the columns an arm's regression uses, scaled; (1,) where it has no slope."""
    fit = estimate.frame.screened.fits[arm]
    kept = list(fit.kept) if fit is not None and not estimate.fixed[arm] else []
    gap = c[kept] - estimate.pools[estimate.frame.sample.pool_of(arm)].mean[kept, None]
    scaled = gap / np.sqrt(np.square(gap).mean(axis=1))[:, None]
    return np.concatenate((np.ones((1, c.shape[1])), scaled)).T
