from __future__ import annotations

import itertools

import numpy as np
import pytest

from service.calibration import multiplicity
from service.calibration.screenings.rejections import adjusted, adjusted_in_folds, further_rank

LEVELS = (0.01, 0.05, 0.2)


def step_up(p: np.ndarray, w: np.ndarray, rate: float) -> set[int]:
    """The definition: the largest k for which k hypotheses have p <= w k rate/J; never one that was not run."""
    count = len(p)
    for k in range(count, 0, -1):
        found = {i for i in range(count) if not np.isnan(p[i]) and p[i] <= w[i] * k * rate / count}
        if len(found) >= k:
            return found
    return set()


def closed_testing(p: np.ndarray, w: np.ndarray) -> list[float]:
    """Weighted Holm as it is derived: adjusted p-values over every intersection, each by weighted Bonferroni."""
    count, sure = len(p), np.where(np.isnan(p), np.inf, p)
    subsets = [list(s) for size in range(1, count + 1) for s in itertools.combinations(range(count), size)]
    local = [min(1.0, (sure[s] / w[s]).min() * w[s].sum()) for s in subsets]
    return [max(one for s, one in zip(subsets, local, strict=True) if i in s) for i in range(count)]


def case(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = np.where(rng.random(count) < 0.5, rng.random(count), rng.random(count) ** 6 / 10)
    p[rng.random(count) < 0.2] = np.nan
    w = rng.exponential(1.0, count) + 0.1
    return p, w / w.mean()


@pytest.mark.parametrize("seed", range(60))
def test_weighted_benjamini_hochberg_is_its_definition(seed) -> None:
    p, w = case(seed, 1 + seed % 25)
    found = adjusted(p, w, "benjamini_hochberg")
    for rate in LEVELS:
        assert set(np.flatnonzero(found <= rate)) == step_up(p, w, rate)


@pytest.mark.parametrize("seed", range(60))
def test_weighted_holm_is_the_closed_test(seed) -> None:
    p, w = case(100 + seed, 1 + seed % 7)
    assert adjusted(p, w, "holm") == pytest.approx(closed_testing(p, w), rel=1e-12)


@pytest.mark.parametrize("method", ["benjamini_hochberg", "holm"])
def test_equal_weights_are_the_unweighted_procedure(method) -> None:
    p = np.random.default_rng(5).random(200) ** 3
    unweighted = multiplicity.adjusted(p.tolist(), method)
    assert adjusted(p, np.ones(200), method) == pytest.approx(unweighted, rel=1e-12)
    with_missing = np.where(np.arange(200) % 7 == 0, np.nan, p)
    as_one = multiplicity.adjusted(np.where(np.isnan(with_missing), 1.0, p).tolist(), method)
    assert adjusted(with_missing, np.ones(200), method) == pytest.approx(as_one, rel=1e-12)


def test_what_was_not_run_is_never_rejected_whatever_its_weight() -> None:
    p, w = np.array([1e-9, np.nan]), np.array([0.01, 1.99])
    assert adjusted(p, w, "benjamini_hochberg")[1] == adjusted(p, w, "holm")[1] == 1.0


@pytest.mark.parametrize("seed", range(40))
def test_the_further_rank_is_where_one_more_is_rejected(seed) -> None:
    """A hypothesis that was not run, tried at a p-value just below and just above what the rank says."""
    p, w = case(300 + seed, 12)
    p[3] = np.nan
    threshold = w[3] * further_rank(p, w, 0.1) * 0.1 / 12
    for factor, rejected in ((1 - 1e-9, True), (1 + 1e-9, False)):
        tried = p.copy()
        tried[3] = threshold * factor
        assert (3 in step_up(tried, w, 0.1)) is rejected


def test_folds_are_holm_at_their_share_of_the_rate() -> None:
    p, w = case(7, 9)
    folds = np.array([0, 1, 2] * 3)
    for fold in range(3):
        w[folds == fold] /= w[folds == fold].mean()
    found = adjusted_in_folds(p, w, folds)
    for fold in range(3):
        rows = np.flatnonzero(folds == fold)
        assert found[rows] == pytest.approx(np.minimum(1.0, 3 * np.array(closed_testing(p[rows], w[rows]))), rel=1e-12)
    assert adjusted_in_folds(p, w / w.mean(), np.zeros(9, dtype=np.int64)) == pytest.approx(
        adjusted(p, w / w.mean(), "holm")
    )
