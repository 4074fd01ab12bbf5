"""Answers that match too well: copies, complementary copies, duplicated rows.

Formula: match rate m = share of units with f = y; chance c = sum over values of (share of y) x (share of f);
agreement beyond chance (m - c)/(1 - c), its lower bound from Wilson's bound for m. A complementary copy is
f = lowest + highest - y. Duplicated rows: rows sorted by key; of neighbours with the same key J of T have the same
rest, of neighbours with different keys C of U; Fisher's exact test of J/T > C/U, for key = columns and rest = outcome,
and the other way round, the smaller p-value doubled. Rows that tie because personas do have the same outcome about as
often as neighbours, and raise no alarm.
Shapes: n units. Units: none.
Assumes: outcomes of units with the same columns agree about as often as those of units with nearly the same.
Breaks: with few different rows (short scales, one column) duplicates cannot be told from chance, and are not.
Raises: nothing.
Source: Cohen (1960), Educational and Psychological Measurement 20; Wilson (1927), JASA 22; Fisher's exact test.
Differs: the comparison with neighbours is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import gammaln, ndtri

from service.calibration.diagnostics.finding import Interval
from service.calibration.moments import FloatArray


@dataclass(frozen=True, slots=True)
class Matches:
    """How often two columns agree, what chance gives, and the lower bound of agreement beyond chance."""

    rate: float
    chance: float
    interval: Interval
    beyond: float


def matches(y: FloatArray, f: FloatArray, level: float) -> Matches:
    """Exact matches of y and f, both (n,)."""
    n = y.shape[0]
    values, codes = np.unique(np.concatenate((y, f)), return_inverse=True)
    shares = [np.bincount(part, minlength=values.size) / n for part in (codes[:n], codes[n:])]
    rate, chance = float((codes[:n] == codes[n:]).mean()), float(shares[0] @ shares[1])
    lower, upper = wilson(rate, n, level)
    beyond = (lower - chance) / (1.0 - chance) if chance < 1.0 else 0.0
    return Matches(rate, chance, Interval("wilson", level, lower, upper), beyond)


def complement(y: FloatArray, f: FloatArray) -> FloatArray:
    """Y on the reversed scale (n,): the ends are those that anybody used."""
    both = np.concatenate((y, f))
    return np.asarray(both.min() + both.max() - y)


def wilson(rate: float, n: int, level: float) -> tuple[float, float]:
    """Wilson's interval for a share of n."""
    z = float(ndtri((1.0 + level) / 2.0))
    middle = (rate + z * z / (2.0 * n)) / (1.0 + z * z / n)
    half = z / (1.0 + z * z / n) * sqrt(rate * (1.0 - rate) / n + z * z / (4.0 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def duplicated(y: FloatArray, columns: FloatArray, seed: int) -> tuple[float, float] | None:
    """Share of rows (y, columns) that another row repeats, and the p-value; None without a column or with one row.

    y (n,), columns (p, n); NaN is a value like any other.
    """
    n = y.shape[0]
    if columns.shape[0] == 0 or n < 2:
        return None
    order = np.random.default_rng(seed).permutation(n)
    outcome = np.unique(y[order], return_inverse=True)[1]
    coded = np.array([np.unique(row, return_inverse=True)[1] for row in columns[:, order]])
    _, rest = np.unique(coded, axis=1, return_inverse=True)
    rest = rest.reshape(-1)
    both = np.unique(outcome * (rest.max() + 1) + rest, return_inverse=True)[1]
    share = float((np.bincount(both)[both] > 1).mean())
    return share, min(1.0, 2.0 * min(_neighbours(rest, outcome), _neighbours(outcome, rest)))


def _neighbours(key: np.ndarray, rest: np.ndarray) -> float:
    """P-value of the rest agreeing more often between neighbours of the same key than of different ones."""
    order = np.argsort(key, kind="stable")
    same_key, same_rest = (np.diff(values[order]) == 0 for values in (key, rest))
    return exact(int((same_key & same_rest).sum()), int(same_key.sum()), int(same_rest.sum()), same_key.size)


def exact(found: int, drawn: int, marked: int, total: int) -> float:
    """Fisher's exact test: probability of at least ``found`` marked among ``drawn`` of ``total``."""
    k = np.arange(max(found, drawn + marked - total), min(drawn, marked) + 1)
    logs = _choose(marked, k) + _choose(total - marked, drawn - k) - _choose(total, np.array([drawn]))
    return min(1.0, float(np.exp(logs).sum()))


def _choose(n: int, k: np.ndarray) -> FloatArray:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))
