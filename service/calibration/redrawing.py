"""Component samples with what a resampling interval needs to make their fits again.

Formula: see ``refits`` and ``redraws``. Shapes: J components. Units: none. Raises: nothing. Source: as there.
Differs: beyond ``MOST`` humans (units of a frame), or ``NUMBERS`` numbers held, fits are not made again: influence
values give nearly the same interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.component_samples import Parts, picked
from service.calibration.influence import Fitted
from service.calibration.moments import FloatArray
from service.calibration.redraws import Redraw, Redrawn, independent, places
from service.calibration.refits import Mean, OneStep, Refit, SeveralScores, SideBySide, products
from service.calibration.sample import Sample, Units

MOST, MOST_OF_FRAME = 5_000, 20_000
NUMBERS = 1 << 24


@dataclass(frozen=True, slots=True)
class Redraws:
    """How many replicates, and the seed of what they draw."""

    replicates: int
    seed: int


def redrawing(parts: Parts, components: Sequence[Sample], redraws: Redraws) -> tuple[Sample, ...]:
    """The samples of components (J,) with their ``redraw``."""
    first = components[0]
    units, others = first.human[0], first.llm_only[0]
    assert isinstance(units, Units)
    joint = parts.identification == "sampling"
    size = units.n + (others.n if joint and isinstance(others, Units) else 0)
    if size > (MOST_OF_FRAME if joint else MOST) or redraws.replicates * len(parts.fit.names) ** 2 > NUMBERS:
        return tuple(components)
    beside = others.cluster if isinstance(others, Units) else None
    if units.cluster is None:
        at = independent(units.n, others.n if isinstance(others, Units) else 0)
    else:
        at = places(units.cluster, np.zeros(0, dtype=np.int64) if beside is None else beside)
    share = parts.human.weight / parts.human.weight.sum()
    fits = (parts.fit, *(variate.fit for variate in parts.variates))
    whole = Redrawn(
        refits=refits(fits, share),
        share=share,
        places=at,
        joint=joint,
        replicates=redraws.replicates,
        seed=redraws.seed,
    )
    return tuple(
        replace(sample, redraw=Redraw(whole, j, columns(parts, j)))
        for sample, j in zip(components, parts.fit.places, strict=True)
    )


def columns(parts: Parts, j: int) -> tuple[tuple[int, int], ...]:
    """(fit, component) of every column of component j, the fit of the outcome being fit 0."""
    return tuple((1 + v, k) for v, variate in enumerate(parts.variates) for k in picked(parts, variate, j))


def refit(fit: Fitted, share: FloatArray) -> Refit:
    """How a fit is made again; ``share`` (n,) are the weights of its units, which sum to 1."""
    if fit.refit is not None:
        return fit.refit
    if fit.blocks:
        return SideBySide(tuple(refit(part, share) for part in fit.parts()), fit.blocks)
    if fit.factor is None or fit.root is None:
        return Mean(fit.influence * share, share)
    score, back = (fit.root @ fit.influence) * share, np.asarray(np.linalg.inv(fit.root), dtype=np.float64)
    if fit.factor.shape[0] > 1:
        return SeveralScores(score, fit.factor, back)
    rows = fit.factor[0]
    size = np.einsum("kn,kn->n", rows, rows)
    surprise = np.einsum("kn,kn->n", rows, score) / np.where(size > 0.0, size, 1.0)
    return OneStep(rows, products(fit.factor), surprise, back)


def refits(fits: Sequence[Fitted], share: FloatArray) -> tuple[Refit, ...]:
    """How several fits to the same units are made again."""
    first, *rest = (refit(fit, share) for fit in fits)
    return (first, *(other.beside(first) if isinstance(other, OneStep) else other for other in rest))
