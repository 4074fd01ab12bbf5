"""Resamples of the units that coefficients rest on: drawn once for all coefficients of an outcome.

Formula: v ~ Multinomial(G; 1/G, .., 1/G) over the G clusters that hold humans (units, where there are no clusters); a
cluster's humans and whatever it has in the pool count v times together. The pool's other clusters are drawn apart;
where sampling probabilities identify, both are one frame and drawn as one.
Shapes: n humans, M units of the pool beside them, G clusters with humans, R others; B replicates, b at a time.
Units: none. Assumes: clusters are independent. Raises: nothing.
Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap; Davison & Hinkley (1997), section 3.8 (clusters).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from service.calibration.moments import FloatArray, IntArray
from service.calibration.refits import OneStep, Refit, Refitted, Stepped, under
from service.calibration.resampling import counts, generator

HELD = 1 << 24  # counts that are kept from one coefficient to the next
MANY = 12  # components beyond which their slopes are fitted one by one
BLOCK = 1 << 15  # counts handled at a time: they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Places:
    """Which cluster every unit belongs to: humans (n,) below G, the pool's units (M,) below G + R."""

    human: IntArray
    pool: IntArray
    shared: int
    apart: int

    @property
    def plain(self) -> bool:
        """Whether every human is a cluster of its own."""
        return self.shared == len(self.human)

    def by_cluster(self, values: FloatArray) -> FloatArray:
        """Sums by cluster of the humans' values (b, n), as (b, G)."""
        if self.plain:
            return values
        order = np.argsort(self.human, kind="stable")
        first = np.searchsorted(self.human[order], np.arange(self.shared))
        return np.add.reduceat(values[:, order], first, axis=1)


def independent(n: int, size: int) -> Places:
    """Every one of n humans and of ``size`` units of the pool its own cluster."""
    return Places(np.arange(n), n + np.arange(size), n, size)


def places(human: IntArray, pool: IntArray) -> Places:
    """The clusters of codes (n,) of humans and (M,) of the pool: those with humans first."""
    first, own = np.unique(human, return_inverse=True)
    rest, other = np.unique(pool, return_inverse=True)
    at = np.minimum(np.searchsorted(first, rest), len(first) - 1)
    both = first[at] == rest
    number = np.where(both, at, len(first) + np.cumsum(~both) - 1)
    return Places(own, number[other], len(first), int((~both).sum()))


@dataclass(frozen=True)
class Redrawn:
    """How the humans of an outcome are resampled: their fits, their weights (n,), which sum to 1, and their clusters.

    ``refits`` holds the fit of the outcome and those of the control variates. ``joint``: clusters with and without
    humans are drawn as one.
    """

    refits: tuple[Refit, ...]
    share: FloatArray
    places: Places
    joint: bool
    replicates: int
    seed: int

    def blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Which replicates, and how often clusters were drawn in them (b, G), with ``joint`` (b, G + R)."""
        for at, drawn in self._held or self._drawn():
            yield at, drawn.astype(np.float64)

    def units(self, drawn: FloatArray) -> FloatArray:
        """How often every human was drawn (b, n)."""
        return drawn if self.places.plain and not self.joint else drawn[:, self.places.human]

    @cached_property
    def refitted(self) -> tuple[Refitted, ...]:
        """Every fit in all replicates."""
        features = self._features
        sums = np.empty((self.replicates, features.shape[0]))
        for at, drawn in self.blocks():
            np.matmul(self.units(drawn), features.T, out=sums[at])
        return under(self.refits, sums)

    @cached_property
    def once(self) -> tuple[Refitted, ...]:
        """Every fit with everyone counted once: the fits themselves."""
        return under(self.refits, self._features.sum(axis=1)[None])

    @cached_property
    def scatter(self) -> dict[tuple[int, int], FloatArray] | None:
        """Sum of v/w F_i F_i' e*_i e*_i of every pair of fits but (0, 0), (B, k, k): all components' scatter at once.

        None where fits have several scores by unit, or components are so many that one by one is faster.
        """
        fits = [f for f in self.refitted if isinstance(f, Stepped)]
        k = len(fits[0].of.rows) if fits else 0
        if len(fits) < len(self.refits) or k > MANY:
            return None
        pairs = {(a, c): _products(fits[a].of, fits[c].of) for a in range(1, len(fits)) for c in range(a + 1)}
        found = {pair: np.empty((self.replicates, k * k)) for pair in pairs}
        for at, drawn in self.blocks():
            weight, surprises = self.weight(drawn), [fit.surprise(at) for fit in fits]
            for (a, c), products in pairs.items():
                np.matmul(weight * surprises[a] * surprises[c], products.T, out=found[a, c][at])
        return {pair: sums.reshape(-1, k, k) for pair, sums in found.items()}

    def weight(self, drawn: FloatArray) -> FloatArray:
        """What squares of contributions, w phi, are multiplied with to be those of units with weights: v/w (b, n)."""
        units = self.units(drawn)
        return units if self._even else units * self._inverse

    @cached_property
    def _even(self) -> bool:
        return float(np.ptp(self.share)) == 0.0

    @cached_property
    def _inverse(self) -> FloatArray:
        return np.where(self.share > 0.0, 1.0 / np.where(self.share > 0.0, self.share, 1.0), 0.0)

    @cached_property
    def _features(self) -> FloatArray:
        return np.concatenate([refit.features for refit in self.refits])

    @cached_property
    def _held(self) -> tuple[tuple[slice, NDArray[np.uint8]], ...] | None:
        return tuple(self._drawn()) if self.replicates * self._size <= HELD else None

    @property
    def _size(self) -> int:
        return self.places.shared + (self.places.apart if self.joint else 0)

    def _drawn(self) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
        source, rows = generator(self.seed, "bootstrap humans"), max(1, BLOCK // self._size)
        for start in range(0, self.replicates, rows):
            at = slice(start, min(start + rows, self.replicates))
            yield at, counts(self._size, at.stop - start, source)


def _products(one: OneStep, other: OneStep) -> FloatArray:
    """F_i G_i' (k k, n) of two fits."""
    if one.rows is other.rows:
        return one.product
    return np.asarray((one.rows[:, None] * other.rows[None]).reshape(-1, one.rows.shape[1]))


@dataclass(frozen=True, slots=True)
class Redraw:
    """One coefficient's part of the resamples: its place in the outcome's fit, and (fit, place) of every column."""

    whole: Redrawn
    outcome: int
    columns: tuple[tuple[int, int], ...]

    def with_columns(self, keep: Sequence[int]) -> Redraw:
        """The same with some of the columns."""
        return replace(self, columns=tuple(self.columns[j] for j in keep))
