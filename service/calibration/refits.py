"""A fit made again under resampled weights, in one step from the fit to everyone, from sums over the resample.

Formula: with C C' = H, whitened rows F_i and scores s_i = w_i C' phi_i / sum w of the fit (see ``influence``), a
replicate in which unit i counts v_i times has
    A* = sum v_i F_i F_i',     delta* = A*^{-1} sum v_i s_i,     theta* = theta + C^{-T} delta*
and unit i contributes C^{-T} A*^{-1} (s_i - F_i F_i' delta*), of which sum v_i is 0. For least squares this is the fit
to the resampled units exactly; for other models one step of Newton's method from theta. A direction that no drawn unit
tells anything of stays where it was. With one score by unit s_i = F_i e_i, and the contribution is
F_i (e_i - F_i'delta*) turned. Statistics without whitened rows are weighted means of influence values.
Shapes: B replicates, b of them at a time, n units, J components; sums (B, q) of features (q, n).
Units: the components'.
Assumes: nothing. Raises: nothing.
Source: Davidson & MacKinnon (1999), International Economic Review 40:487-508; Andrews (2002), Econometrica 70:119-162.
Differs: the information is resampled, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from service.calibration.moments import FloatArray

NOTHING = 1e-9  # information added in every direction, as a share of what everyone gives
UNTOLD = 1e-6  # share of everyone's information on a direction below which a resample tells nothing of it


class Refitted(Protocol):
    """A fit in B replicates: how far components moved, and what units now contribute to them."""

    @property
    def moved(self) -> FloatArray:
        """theta* - theta (B, J)."""
        ...

    def contribution(self, component: int, at: slice) -> FloatArray:
        """What every unit contributes to a component's error (b, n) in some of the replicates."""
        ...


class Refit(Protocol):
    """A fit that can be made again from sums over resampled units."""

    @property
    def features(self) -> FloatArray:
        """What is summed, (q, n)."""
        ...

    def under(self, sums: FloatArray, first: Refitted | None) -> Refitted:
        """The fit from sums (B, q) of its features; ``first``: the first of several fits."""
        ...


@dataclass(frozen=True, slots=True)
class Stepped:
    """A* inverted (B, k, k), delta* (B, k), theta* - theta (B, k) and C^{-T} A*^{-1} by component (k, B, k)."""

    of: OneStep
    inverse: FloatArray
    step: FloatArray
    moved: FloatArray
    turn: FloatArray

    def surprise(self, at: slice) -> FloatArray:
        """e_i - F_i'delta* (b, n)."""
        found = self.step[at] @ self.of.rows
        return np.subtract(self.of.surprise, found, out=found)

    def contribution(self, component: int, at: slice) -> FloatArray:
        """C^{-T} A*^{-1} F_i (e_i - F_i'delta*) (b, n)."""
        return np.asarray((self.turn[component][at] @ self.of.rows) * self.surprise(at))


@dataclass(frozen=True, slots=True)
class OneStep:
    """A fit with one score by unit: F (k, n), F_i F_i' (k k, n), e (n,), and C^{-T} (k, k).

    ``alike``: rows and information are those of the first of several fits, which need not be summed again.
    """

    rows: FloatArray
    product: FloatArray
    surprise: FloatArray
    back: FloatArray
    alike: bool = False

    @property
    def features(self) -> FloatArray:
        """Scores s_i, then F_i F_i'."""
        score = self.rows * self.surprise
        return score if self.alike else np.concatenate((score, self.product))

    def under(self, sums: FloatArray, first: Refitted | None) -> Refitted:
        """One step from the fit to everyone."""
        k = self.rows.shape[0]
        if self.alike and isinstance(first, Stepped):
            inverse, turn = first.inverse, first.turn
        else:
            inverse = _inverted(sums[:, k:], k)
            turn = np.einsum("ij,bjk->ibk", self.back, inverse)
        step = np.einsum("bij,bj->bi", inverse, sums[:, :k])
        return Stepped(self, inverse, step, step @ self.back.T, turn)

    def beside(self, first: Refit) -> OneStep:
        """The same, sharing the first fit's rows where they are equal."""
        same = isinstance(first, OneStep) and np.array_equal(self.rows, first.rows)
        if not (same and isinstance(first, OneStep) and np.array_equal(self.back, first.back)):
            return self
        return replace(self, rows=first.rows, product=first.product, back=first.back, alike=True)


def _inverted(sums: FloatArray, k: int) -> FloatArray:
    """A*^{-1} (B, k, k), 0 in directions that a resample tells nothing of."""
    information = sums.reshape(-1, k, k)
    found = np.linalg.inv(information + NOTHING * np.eye(k))
    lost = np.abs(found).max(axis=(1, 2), initial=0.0) * UNTOLD * k > 1.0
    if lost.any():
        values, vectors = np.linalg.eigh(information[lost])
        known = np.where(values > UNTOLD, 1.0 / np.maximum(values, UNTOLD), 0.0)
        found[lost] = (vectors * known[:, None]) @ vectors.transpose(0, 2, 1)
    return np.asarray(found)


@dataclass(frozen=True, slots=True)
class _SeveralStepped:
    """delta* (B, k), theta* - theta (B, k) and C^{-T} A*^{-1} by component (k, B, k)."""

    of: SeveralScores
    step: FloatArray
    moved: FloatArray
    turn: FloatArray

    def contribution(self, component: int, at: slice) -> FloatArray:
        """C^{-T} A*^{-1} (s_i - F_i F_i' delta*) (b, n)."""
        turn, step = self.turn[component][at], self.step[at]
        found = turn @ self.of.score
        for rows in self.of.factor:
            found -= (turn @ rows) * (step @ rows)
        return np.asarray(found)


@dataclass(frozen=True, slots=True)
class SeveralScores:
    """A fit with several scores by unit: s (k, n), F (r, k, n), and C^{-T} (k, k)."""

    score: FloatArray
    factor: FloatArray
    back: FloatArray

    @property
    def features(self) -> FloatArray:
        """Scores s_i, then F_i F_i'."""
        return np.concatenate((self.score, products(self.factor)))

    def under(self, sums: FloatArray, first: Refitted | None) -> Refitted:  # noqa: ARG002 - shares nothing
        """One step from the fit to everyone."""
        k = self.score.shape[0]
        inverse = _inverted(sums[:, k:], k)
        step = np.einsum("bij,bj->bi", inverse, sums[:, :k])
        return _SeveralStepped(self, step, step @ self.back.T, np.einsum("ij,bjk->ibk", self.back, inverse))


@dataclass(frozen=True, slots=True)
class _Shifted:
    """Sums of weights (B,) and means (B, J)."""

    of: Mean
    whole: FloatArray
    moved: FloatArray

    def contribution(self, component: int, at: slice) -> FloatArray:
        """The influence values around their mean (b, n)."""
        found = self.of.influence[component] - self.moved[at, component, None] * self.of.share
        return np.asarray(found / self.whole[at, None])


@dataclass(frozen=True, slots=True)
class Mean:
    """Influence values times weights (J, n), and the weights (n,), which sum to 1."""

    influence: FloatArray
    share: FloatArray

    @property
    def features(self) -> FloatArray:
        """Influence values times weights, then weights."""
        return np.concatenate((self.influence, self.share[None]))

    def under(self, sums: FloatArray, first: Refitted | None) -> Refitted:  # noqa: ARG002 - shares nothing
        """The weighted mean of the units that were drawn."""
        whole = np.where(sums[:, -1] > 0.0, sums[:, -1], 1.0)
        return _Shifted(self, whole, sums[:, :-1] / whole[:, None])


@dataclass(frozen=True, slots=True)
class _Beside:
    """Fits that stand side by side, under the same weights."""

    parts: tuple[Refitted, ...]
    sizes: tuple[int, ...]

    @property
    def moved(self) -> FloatArray:
        """Those of all fits (B, J), one after another."""
        return np.concatenate([part.moved for part in self.parts], axis=1)

    def contribution(self, component: int, at: slice) -> FloatArray:
        """That of the fit which the component belongs to."""
        ends = np.cumsum(self.sizes)
        part = int(np.searchsorted(ends, component, side="right"))
        return self.parts[part].contribution(component - int(ends[part]) + self.sizes[part], at)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Fits that stand side by side, and how many components each has."""

    parts: tuple[Refit, ...]
    sizes: tuple[int, ...]

    @property
    def features(self) -> FloatArray:
        """Those of all fits, one after another."""
        return np.concatenate([part.features for part in self.parts])

    def under(self, sums: FloatArray, first: Refitted | None) -> Refitted:  # noqa: ARG002 - shares nothing
        """Each under the same weights."""
        ends = np.cumsum([part.features.shape[0] for part in self.parts])[:-1]
        split = np.split(sums, ends, axis=1)
        return _Beside(tuple(p.under(s, None) for p, s in zip(self.parts, split, strict=True)), self.sizes)


def products(factor: FloatArray) -> FloatArray:
    """F_i F_i' (k k, n) from F (r, k, n)."""
    _, k, n = factor.shape
    return np.asarray(np.einsum("rin,rjn->ijn", factor, factor).reshape(k * k, n))


def under(these: Sequence[Refit], sums: FloatArray) -> tuple[Refitted, ...]:
    """All fits, from sums (B, q) of the features of all."""
    found: list[Refitted] = []
    start = 0
    for one in these:
        end = start + one.features.shape[0]
        found.append(one.under(sums[:, start:end], found[0] if found else None))
        start = end
    return tuple(found)
