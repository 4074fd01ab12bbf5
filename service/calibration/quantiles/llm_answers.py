"""Quantiles of the LLM's answers alone: heuristic, exploratory, never an estimate.

Formula: G_i(t) = mean over models of 1{f_li <= t}, F(t) = weighted mean of G_i over the arm's LLM-only units (the
paired answers where there are none); estimate = smallest answer with F >= q; s^2 = weighted variance of G_i(estimate)
over Kish's n; standard error = half the distance of the answers at which F reaches q - s and q + s.
Arms of one shared pool are answered by the same units: their correlation is that of G_i.
Shapes: m units, L models. Units: outcome units.
Source: Woodruff (1952), JASA 47:635-646. Differs: clusters of LLM-only units are ignored, as nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from service.calibration.answer import Effect
from service.calibration.contrast import Contrast
from service.calibration.estimate import Frame
from service.calibration.moments import FloatArray, kish
from service.calibration.pools import weight
from service.calibration.sample import Units

ROUNDING = 1e-12  # shares that differ by less are the same


@dataclass(frozen=True, slots=True)
class Answers:
    """One arm's LLM-only quantile, its error (None with one unit), the units' pool and their G (m,) at the estimate."""

    value: float
    error: float | None
    pool: int
    below: FloatArray


def effect(
    frame: Frame, contrast: Contrast, cells: Sequence[FloatArray], models: Sequence[str], q: float
) -> Effect | None:
    """The LLM-only estimate of a contrast (D,); ``cells`` are each arm's weights; None where an arm has no answers."""
    used = np.flatnonzero(contrast.weights).tolist()
    found = [answers(frame, cells[d], models, q) for d in used]
    parts = [a for a in found if a is not None]
    if len(parts) < len(used):
        return None
    t = contrast.weights[used]
    value = float(t @ [a.value for a in parts])
    errors = [a.error for a in parts if a.error is not None]
    if len(errors) < len(parts):
        return Effect(value, None)
    scaled = t * np.array(errors)
    return Effect(value, sqrt(max(0.0, float(scaled @ _correlation(parts) @ scaled))))


def answers(frame: Frame, weights: FloatArray, models: Sequence[str], q: float) -> Answers | None:
    """The q-quantile of what models answered for an arm, given as weights of the frame's cells (D,)."""
    sample, cells = frame.sample, np.flatnonzero(weights).tolist()
    columns = [_columns(frame, cells[0], model) for model in models]
    if not columns or not all(columns):
        return None
    by_cell = [_sources(frame, d) for d in cells]
    sources = [s for own in by_cell for s in own]
    units = np.concatenate([weights[d] * _shares(own) for d, own in zip(cells, by_cell, strict=True)])
    rows = [np.concatenate([s.c[j] for s in sources]) + sample.columns[j].origin for own in columns for j in own]
    shares = np.concatenate([np.full(len(own), 1.0 / (len(columns) * len(own))) for own in columns])
    reaching = _reaching(np.concatenate(rows), np.concatenate([units * share for share in shares]))
    (estimate,) = reaching(q)
    g = np.add.reduce([share * (row <= estimate) for share, row in zip(shares, rows, strict=True)])
    size = kish(units)
    if size < 2.0:
        return Answers(estimate, None, sample.pool_of(cells[0]), g)
    deviations = g - float(units @ g)
    s = sqrt(float(units @ (deviations * deviations)) / (size - 1.0))
    low, high = reaching(q - s, q + s)
    return Answers(estimate, (high - low) / 2.0, sample.pool_of(cells[0]), deviations)


def _reaching(values: FloatArray, weights: FloatArray) -> Callable[..., list[float]]:
    """The smallest values at which the distribution function reaches each q, the outermost ones beyond its range."""
    last = len(values) - 1
    if weights.min() == weights.max():  # ranks: nothing has to be sorted

        def ranked(*levels: float) -> list[float]:
            ranks = [min(max(ceil((q - ROUNDING) * len(values)) - 1, 0), last) for q in levels]
            return [float(v) for v in np.partition(values, ranks)[ranks]]

        return ranked
    order = np.argsort(values, kind="stable")
    rising, below = values[order], np.cumsum(weights[order])

    def weighed(*levels: float) -> list[float]:
        places = np.searchsorted(below, np.array(levels) - ROUNDING, side="left")
        return [float(v) for v in rising[np.minimum(places, last)]]

    return weighed


def _columns(frame: Frame, cell: int, model: str) -> list[int]:
    return np.flatnonzero(frame.sample.direction(model)[cell]).tolist()


def _sources(frame: Frame, cell: int) -> list[Units]:
    """The LLM-only units of a cell's pool or, where there are none, its paired units."""
    sample = frame.sample
    only = sample.llm_only[sample.pool_of(cell)]
    if isinstance(only, Units):
        return [only]
    return [s for d in sample.arms_of(sample.pool_of(cell)) if isinstance(s := sample.human[d], Units)]


def _shares(sources: Sequence[Units]) -> FloatArray:
    """Weights of a cell's units, summing to 1."""
    found = np.concatenate([weight(s) for s in sources])
    return np.asarray(found / found.sum())


def _correlation(parts: Sequence[Answers]) -> FloatArray:
    """Correlation (D, D) of the arms' answers: not 0 within a pool."""
    found = np.eye(len(parts))
    for i, first in enumerate(parts):
        for j, second in enumerate(parts[:i]):
            scale = sqrt(float(first.below @ first.below) * float(second.below @ second.below))
            if first.pool == second.pool and scale > 0.0:
                found[i, j] = found[j, i] = float(first.below @ second.below) / scale
    return found
