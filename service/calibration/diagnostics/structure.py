"""How far the correlations between items of LLM answers are from those of human answers, and whether beyond noise.

Formula: with z the answers standardised in their own source (divisor n), r_y and r_f the correlations of items a and b
among humans and LLM answers, gap d = r_f - r_y, and rbar the pooled correlation, a unit's score of a pair of items is
    u = z_a z_b - rbar (z_a^2 + z_b^2) / 2,   whose mean over a source is r - rbar
so that d is the difference of two means of scores. t = d / se, se^2 the sum over both sources of squares of
(u - mean) / sqrt(1 - h) / n, of pairs of their differences (u and h summed inside clusters), with the leverage
    h = 1/n + (z_a^2 + z_b^2 - 2 r z_a z_b) / (n (1 - r^2))
Test of equal correlations: T = sum over pairs of items of t^2, against its distribution when the two answers of random
pairs (clusters) are swapped, or all scores are dealt anew to the two sources (see ``permutations``). The largest |t|
of every permutation gives simultaneous intervals d -+ c se.
    rms_gap^2 = mean d^2 - mean se^2 (what noise alone adds), ends (R -+ t s)^2 - mean se^2 of its square,
    R^2 = mean d^2, s^2 = d'Vd / (J R)^2, V the covariance of the gaps, where rbar is r of the source itself
Means and spreads of the answers do not count: they are those of marginal fidelity.
Shapes: k items, J = k (k - 1) / 2 pairs of them, n humans, m LLM units. Units: correlations.
Assumes: independent units or clusters, finite fourth moments. Breaks: heavy tails of few units.
Raises: nothing.
Source: Shipley (2000), Statistics and Computing 10:253-257 (permutation after standardising within groups); Devlin,
Gnanadesikan & Kettenring (1975), Biometrika 62:531-545 (the score); Chung & Romano (2013), Annals of Statistics
41:484-507, and Konietschke & Pauly (2014), Statistics and Computing 24:283-296 (studentised permutations, apart and of
pairs, need no equal distributions).
Differs: scores are permuted, not answers, which costs two matrix products; t is studentised, so that LLM answers of
another shape than the humans' sound no alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from service.calibration.diagnostics.finding import Interval, Measure
from service.calibration.diagnostics.items import Items
from service.calibration.diagnostics.permutations import PERMUTATIONS, permutation_p_value
from service.calibration.moments import FloatArray, IntArray

HALF = 0.5
CLOSE = 1e-9
FLOOR = 0.01  # of 1 - h: one unit that a correlation rests on is not made more of
LEAST = 1e-12  # variance of a mean, relative to the mean square: what is smaller is rounding


@dataclass(frozen=True, slots=True)
class Structure:
    """Correlations of every pair of items among humans and LLM answers (J,), with the scores that tell their noise.

    ``llm`` (units, J) are the LLM's scores and ``human`` the humans'; of pairs ``llm`` has the differences (of units or
    clusters) and ``human`` is None. ``noise`` (units, J) are rows E with E'E the covariance of the gaps; ``error`` are
    their standard errors (J,) if humans and LLM had the same correlations.
    """

    names: tuple[tuple[str, str], ...]
    r_human: FloatArray
    r_llm: FloatArray
    llm: FloatArray
    human: FloatArray | None
    noise: FloatArray
    error: FloatArray

    @property
    def gap(self) -> FloatArray:
        """LLM minus human correlations (J,)."""
        return np.asarray(self.r_llm - self.r_human)

    @property
    def t(self) -> FloatArray:
        """The studentised gaps (J,)."""
        return _ratio(self.gap, np.square(self.error))

    def permuted(self, generator: np.random.Generator) -> FloatArray:
        """Studentised gaps (permutations, J) of data in which who is LLM and who is human was dealt anew."""
        if self.human is None:
            return self._of(np.where(generator.random((PERMUTATIONS, self.llm.shape[0])) < HALF, -1.0, 1.0))
        members = np.repeat((1.0, 0.0), (self.llm.shape[0], self.human.shape[0]))
        return self._of(generator.permuted(np.broadcast_to(members, (PERMUTATIONS, members.size)), axis=1))

    def _of(self, members: FloatArray) -> FloatArray:
        """Studentised gaps of signs of pairs, or of who is LLM (1) and who human (0): (permutations, units)."""
        if self.human is None:
            return _of_one(members @ self.llm, np.square(self.llm).sum(axis=0), self.llm.shape[0])
        both = np.concatenate((self.llm, self.human))
        first, squares = members @ both, members @ np.square(both)
        rest, rest_squares = both.sum(axis=0) - first, np.square(both).sum(axis=0) - squares
        m, n = self.llm.shape[0], self.human.shape[0]
        variance = _variance(first, squares, m) + _variance(rest, rest_squares, n)
        return _ratio(first / m - rest / n, variance)


def structure(items: Items) -> Structure:
    """The correlations of items that vary and their scores."""
    a, b = np.triu_indices(len(items.names), 1)
    names = tuple((items.names[i], items.names[j]) for i, j in zip(a.tolist(), b.tolist(), strict=True))
    y, f = (_Source(_standard(rows), a, b) for rows in (items.y, items.f))
    n, m = items.y.shape[1], items.f.shape[1]
    middle = (n * y.r + m * f.r) / (n + m)
    u_y, u_f = y.scores(middle), f.scores(middle)
    if not items.paired:
        rows, same = (np.concatenate((f.noise(at_f), y.noise(at_y))) for at_f, at_y in ((f.r, y.r), (middle, middle)))
        return Structure(names, y.r, f.r, u_f, u_y, rows, _length(same))
    codes = None if items.cluster is None else np.unique(items.cluster, return_inverse=True)[1]
    rows, same = (f.noise(at_f, codes) - y.noise(at_y, codes) for at_f, at_y in ((f.r, y.r), (middle, middle)))
    return Structure(names, y.r, f.r, _sums(u_f - u_y, codes), None, rows, _length(same))


@dataclass(frozen=True, slots=True)
class _Source:
    """Standardised answers z (k, n) of one source and the pairs of items a, b (J,)."""

    z: FloatArray
    a: IntArray
    b: IntArray

    @property
    def r(self) -> FloatArray:
        """The correlations (J,)."""
        return np.asarray((self.z @ self.z.T)[self.a, self.b] / self.z.shape[1])

    def scores(self, middle: FloatArray) -> FloatArray:
        """Scores (n, J) around these correlations."""
        squares = np.square(self.z)
        return np.asarray((self._products - middle[:, None] / 2.0 * (squares[self.a] + squares[self.b])).T)

    def noise(self, middle: FloatArray, codes: IntArray | None = None) -> FloatArray:
        """Deviations of scores around these correlations over n, corrected for leverage (units or clusters, J)."""
        n, squares, r = self.z.shape[1], np.square(self.z), self.r[:, None]
        spare = np.maximum(1.0 - r * r, LEAST)
        leverage = 1.0 / n + (squares[self.a] + squares[self.b] - 2.0 * r * self._products) / (n * spare)
        corrected = np.sqrt(np.maximum(1.0 - _sums(leverage.T, codes), FLOOR))
        scores = self.scores(middle)
        return np.asarray(_sums(scores - scores.mean(axis=0), codes) / corrected / n)

    @property
    def _products(self) -> FloatArray:
        return np.asarray(self.z[self.a] * self.z[self.b])


def _sums(rows: FloatArray, codes: IntArray | None) -> FloatArray:
    """Sums (groups, J) of rows; the rows themselves without groups."""
    if codes is None:
        return rows
    found = np.zeros((int(codes.max()) + 1, rows.shape[1]))
    np.add.at(found, codes, rows)
    return found


def _length(rows: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.square(rows).sum(axis=0)))


def equality_test(found: Structure, generator: np.random.Generator) -> float:
    """P-value that humans and LLM have the same correlations between items."""
    own = float(np.square(found.t).sum())
    return permutation_p_value(
        lambda: int((np.square(found.permuted(generator)).sum(axis=1) >= own * (1.0 - CLOSE)).sum())
    )


def rms_gap(found: Structure, level: float, p_value: float) -> Measure:
    """The typical gap, with what noise adds taken off, and its interval."""
    noise, gap = found.noise, found.gap
    plain, added = float(gap @ gap) / gap.size, float(np.square(noise).sum()) / gap.size
    error = sqrt(float(np.square(noise @ gap).sum()) / plain) / gap.size if plain > 0.0 else 0.0
    size = float(stdtrit(found.llm.shape[0] - 1.0, (1.0 + level) / 2.0)) * error
    lower, upper = _root(sqrt(plain) - size, added), _root(sqrt(plain) + size, added)
    return Measure("rms_gap", _root(sqrt(plain), added), Interval("delta", level, lower, upper), p_value)


def largest_gap(found: Structure, level: float, generator: np.random.Generator) -> tuple[Measure, int]:
    """The gap that is most beyond noise, its interval and p-value given that it was looked for, and its place."""
    own, drawn = np.abs(found.t), np.abs(found.permuted(generator)).max(axis=1)
    place = int(np.argmax(own))
    gap, size = float(found.gap[place]), float(np.quantile(drawn, level)) * float(found.error[place])
    p_value = (1.0 + int((drawn >= own[place] * (1.0 - CLOSE)).sum())) / (1.0 + PERMUTATIONS)
    name = f"largest_gap[{', '.join(found.names[place])}]"
    return Measure(name, gap, Interval("simultaneous", level, gap - size, gap + size), p_value), place


def _of_one(total: FloatArray, squares: FloatArray, n: int) -> FloatArray:
    return _ratio(total / n, _variance(total, squares, n))


def _variance(total: FloatArray, squares: FloatArray, n: int) -> FloatArray:
    """Variance of a mean of n values, from their sum and sum of squares."""
    mean_square = squares / n
    return np.asarray(np.maximum(mean_square - np.square(total / n), LEAST * mean_square) / (n - 1.0))


def _ratio(mean: FloatArray, variance: FloatArray) -> FloatArray:
    return np.asarray(np.where(variance > 0.0, mean / np.sqrt(np.where(variance > 0.0, variance, 1.0)), 0.0))


def _standard(rows: FloatArray) -> FloatArray:
    deviations = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(deviations / deviations.std(axis=1, keepdims=True))


def _root(value: float, added: float) -> float:
    """The root of what is left of a square when noise is taken off; 0 where nothing is."""
    return sqrt(max(0.0, max(0.0, value) ** 2 - added))
