"""How far the distribution of LLM answers is from that of human answers.

Formula: with distribution functions F, G and shares p, q,
    Kolmogorov-Smirnov max|F - G|;  Wasserstein integral of |F - G|;  total variation sum|p - q|/2;
    Jensen-Shannon divergence (KL(p|r) + KL(q|r))/2 in bits, r = (p + q)/2.
Total variation and Jensen-Shannon are of the values where both have at most ``FEW_VALUES``, else of ten cells with
equal shares of the human answers.
Resampling is of counts on at most ``GRID`` cells (values, or cells of equal shares of all answers): permutations that
deal the answers anew, or within pairs swap the two at random; bootstrap of both samples, or of pairs. Intervals are
basic: 2 d - quantiles, cut at 0 (and 1). Of more than ``MOST_PAIRS`` pairs a random part is resampled.
Shapes: n human and m LLM answers. Units: none; Wasserstein in outcome units.
Assumes: independent units. Breaks: intervals near distance 0 reach down to it and say no more; distances of few answers
are too large by chance, which basic intervals take out, so that they may lie below the value.
Raises: nothing.
Source: Kolmogorov (1933); Lin (1991), IEEE Transactions on Information Theory 37:145-151; Efron & Tibshirani (1993),
An Introduction to the Bootstrap, chapters 13 and 15.
Differs: the p-value is a permutation's, exact for ties, where the textbook's is for continuous answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from service.calibration.diagnostics.finding import Interval, Measure
from service.calibration.diagnostics.permutations import PERMUTATIONS, permutation_p_value
from service.calibration.moments import FloatArray, IntArray

FEW_VALUES = 20
CELLS = 10
GRID = 64
REPLICATES = 499
MOST_PAIRS = 1_000
CLOSE = 1e-12
HALF = 0.5
KS, WASSERSTEIN, VARIATION, DIVERGENCE = (
    "kolmogorov_smirnov",
    "wasserstein",
    "total_variation",
    "jensen_shannon_divergence",
)


@dataclass(frozen=True, slots=True)
class Answers:
    """Human answers y (n,) and LLM answers f (m,); ``paired``: of the same units in the same order."""

    y: FloatArray
    f: FloatArray
    paired: bool = False
    ordered: bool = True


def distances(answers: Answers) -> Mapping[str, float]:
    """Every distance by name; of answers without an order only those that need none."""
    y, f = answers.y, answers.f
    values, codes = np.unique(np.concatenate((y, f)), return_inverse=True)
    p, q = (_shares(part, values.size) for part in (codes[: y.size], codes[y.size :]))
    gap = np.abs(np.cumsum(p - q))
    ordered = {KS: float(gap.max()), WASSERSTEIN: float(gap[:-1] @ np.diff(values))} if answers.ordered else {}
    if values.size > FEW_VALUES:
        edges = np.unique(np.quantile(y, np.arange(1, CELLS) / CELLS))
        p, q = (_shares(np.searchsorted(edges, part), edges.size + 1) for part in (y, f))
    return ordered | {VARIATION: float(_variation(p, q)), DIVERGENCE: float(_divergence(p, q))}


def difference_test(answers: Answers, seed: int) -> float:
    """P-value that both have one distribution: by Kolmogorov-Smirnov, or total variation without an order."""
    generator = np.random.default_rng(seed)
    answers = _fewer(answers, generator)
    codes_y, codes_f, size, _ = _grid(answers)
    own = _gap((_shares(codes_y, size) - _shares(codes_f, size))[None], ordered=answers.ordered)[0]
    deal = partial(_swapped if answers.paired else _dealt, codes_y, codes_f, size, generator)
    return permutation_p_value(lambda: int((_gap(deal(), ordered=answers.ordered) >= own - CLOSE).sum()))


def _gap(differences: FloatArray, *, ordered: bool) -> FloatArray:
    """The largest gap of distribution functions, or the sum of gaps of shares, of each row."""
    if ordered:
        return np.asarray(np.abs(np.cumsum(differences, axis=1)).max(axis=1))
    return np.asarray(np.abs(differences).sum(axis=1))


def _dealt(codes_y: IntArray, codes_f: IntArray, size: int, generator: np.random.Generator) -> FloatArray:
    """Differences of shares with all answers dealt anew (permutations, cells)."""
    counts = np.bincount(np.concatenate((codes_y, codes_f)), minlength=size)
    drawn = generator.multivariate_hypergeometric(counts, codes_f.size, size=PERMUTATIONS, method="marginals")
    return np.asarray((counts - drawn) / codes_y.size - drawn / codes_f.size)


def _swapped(codes_y: IntArray, codes_f: IntArray, size: int, generator: np.random.Generator) -> FloatArray:
    """Differences of shares with the two answers of random pairs swapped (permutations, cells)."""
    signs = np.where(generator.random((PERMUTATIONS, codes_y.size)) < HALF, 1.0, -1.0)
    return np.asarray(signs @ (_indicators(codes_y, size) - _indicators(codes_f, size)) / codes_y.size)


def with_intervals(answers: Answers, level: float, seed: int) -> list[Measure]:
    """Every distance with its basic bootstrap interval; the first has the permutation p-value."""
    values = distances(answers)
    replicates = _replicated(answers, seed)
    found = []
    for name, value in values.items():
        spread = 1.0 if name != WASSERSTEIN else np.inf
        low, high = np.quantile(replicates[name], ((1.0 - level) / 2.0, (1.0 + level) / 2.0)) - replicates[f"{name}:at"]
        lower, upper = max(0.0, value - float(high)), min(spread, max(0.0, value - float(low)))
        found.append(Measure(name, value, Interval("basic_bootstrap", level, lower, max(lower, upper))))
    p = difference_test(answers, seed)
    return [Measure(found[0].name, found[0].value, found[0].interval, p), *found[1:]]


def _replicated(answers: Answers, seed: int) -> dict[str, FloatArray]:
    """Distances of bootstrap replicates on the grid, and (``:at``) of the data itself there."""
    generator = np.random.default_rng(seed)
    answers = _fewer(answers, generator)
    codes_y, codes_f, size, centres = _grid(answers)
    if answers.paired:
        n = codes_y.size
        weights = generator.multinomial(n, np.full(n, 1.0 / n), size=REPLICATES) / n
        p, q = weights @ _indicators(codes_y, size), weights @ _indicators(codes_f, size)
    else:
        p, q = (
            generator.multinomial(codes.size, _shares(codes, size), size=REPLICATES) / codes.size
            for codes in (codes_y, codes_f)
        )
    own = _shares(codes_y, size)[None], _shares(codes_f, size)[None]
    again = _on_grid(p, q, centres, ordered=answers.ordered)
    return again | {f"{name}:at": v for name, v in _on_grid(*own, centres, ordered=answers.ordered).items()}


def _on_grid(p: FloatArray, q: FloatArray, centres: FloatArray, *, ordered: bool) -> dict[str, FloatArray]:
    """Distances of rows of shares (replicates, cells)."""
    gap = np.abs(np.cumsum(p - q, axis=1))
    of_order = {KS: gap.max(axis=1), WASSERSTEIN: gap[:, :-1] @ np.diff(centres)} if ordered else {}
    cells = p.shape[1]
    if ordered and cells > FEW_VALUES:
        edges = np.searchsorted(np.cumsum((p + q).mean(axis=0) / 2.0), np.arange(CELLS) / CELLS)
        starts = np.unique(np.minimum(edges, cells - 1))
        p, q = (np.add.reduceat(shares, starts, axis=1) for shares in (p, q))
    return of_order | {VARIATION: _variation(p, q), DIVERGENCE: _divergence(p, q)}


def _variation(p: FloatArray, q: FloatArray) -> FloatArray:
    return np.asarray(np.abs(p - q).sum(axis=-1) / 2.0)


def _divergence(p: FloatArray, q: FloatArray) -> FloatArray:
    middle = (p + q) / 2.0
    return np.asarray((_relative(p, middle) + _relative(q, middle)) / 2.0)


def _relative(p: FloatArray, r: FloatArray) -> FloatArray:
    there = p > 0.0
    return np.asarray((p * np.log2(np.where(there, p, 1.0) / np.where(there, r, 1.0))).sum(axis=-1))


def _fewer(answers: Answers, generator: np.random.Generator) -> Answers:
    n = answers.y.size
    if not answers.paired or n <= MOST_PAIRS:
        return answers
    part = generator.choice(n, MOST_PAIRS, replace=False)
    return Answers(answers.y[part], answers.f[part], True, answers.ordered)


def _grid(answers: Answers) -> tuple[IntArray, IntArray, int, FloatArray]:
    """Codes of y and f among at most ``GRID`` cells in their order, how many there are, and their mean values."""
    both = np.concatenate((answers.y, answers.f))
    values, codes = np.unique(both, return_inverse=True)
    if values.size > GRID and answers.ordered:
        edges = np.unique(np.quantile(both, np.arange(1, GRID) / GRID))
        codes = np.unique(np.searchsorted(edges, both), return_inverse=True)[1]
        values = np.bincount(codes, both) / np.bincount(codes)
    return codes[: answers.y.size], codes[answers.y.size :], int(values.size), np.asarray(values)


def _indicators(codes: IntArray, size: int) -> FloatArray:
    return np.asarray(codes[:, None] == np.arange(size), dtype=np.float64)


def _shares(codes: IntArray, size: int) -> FloatArray:
    return np.asarray(np.bincount(codes, minlength=size) / codes.size)
