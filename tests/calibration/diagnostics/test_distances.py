from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from service.calibration.diagnostics import distances as module
from service.calibration.diagnostics.distances import (
    DIVERGENCE,
    KS,
    MOST_PAIRS,
    VARIATION,
    WASSERSTEIN,
    Answers,
    difference_test,
    distances,
    with_intervals,
)


def sample(seed: int, kind: str, n: int, m: int, shift: float = 0.0) -> Answers:
    generator = np.random.default_rng(seed)
    y, f = generator.normal(size=n), generator.normal(size=m) + shift
    if kind == "likert":
        y, f = (np.clip(np.round(3 + 1.2 * v), 1, 5) for v in (y, f))
    return Answers(y, f)


@pytest.mark.parametrize("kind", ["gaussian", "likert"])
@pytest.mark.parametrize("seed", range(5))
def test_distances_are_scipys(kind, seed) -> None:
    answers = sample(seed, kind, 40, 70, 0.4)
    found = distances(answers)
    assert found[KS] == pytest.approx(stats.ks_2samp(answers.y, answers.f).statistic)
    assert found[WASSERSTEIN] == pytest.approx(stats.wasserstein_distance(answers.y, answers.f))
    if kind == "likert":
        values = np.unique(np.concatenate((answers.y, answers.f)))
        p, q = ([np.mean(part == v) for v in values] for part in (answers.y, answers.f))
    else:
        edges = [-np.inf, *np.quantile(answers.y, np.arange(1, 10) / 10), np.inf]
        p, q = (np.array([np.mean((lo <= v) & (v < hi)) for lo, hi in pairwise(edges)])
                for v in (np.nextafter(answers.y, -np.inf), np.nextafter(answers.f, -np.inf)))  # fmt: skip
    assert found[VARIATION] == pytest.approx(np.abs(np.array(p) - q).sum() / 2)
    assert found[DIVERGENCE] == pytest.approx(jensenshannon(p, q, base=2) ** 2)


def test_without_an_order_only_shares_are_compared() -> None:
    assert list(distances(Answers(np.array([0.0, 1]), np.array([1.0, 2]), ordered=False))) == [VARIATION, DIVERGENCE]


@pytest.mark.parametrize("kind", ["gaussian", "likert"])
def test_the_permutation_test_has_its_level(kind) -> None:
    values = [difference_test(sample(s, kind, 30, 60), s) for s in range(100)]
    assert abs(np.mean(np.array(values) <= 0.1) - 0.1) < 3 * 0.03
    assert difference_test(sample(0, kind, 30, 60, 1.5), 0) < 0.01


def test_pairs_are_swapped() -> None:
    generator, values = np.random.default_rng(0), []
    for s in range(200):
        person = generator.normal(size=40)
        y, f = (np.round(person + 0.5 * generator.normal(size=40)) for _ in range(2))
        values.append(difference_test(Answers(y, f, paired=True), s))
    assert abs(np.mean(np.array(values) <= 0.05) - 0.05) < 3 * 0.0154
    assert difference_test(Answers(y, y + 1, paired=True), 0) == pytest.approx(1 / 4996)


def largest_gap(a: np.ndarray, b: np.ndarray) -> float:
    return max(abs(np.mean(a <= v) - np.mean(b <= v)) for v in range(1, 6))


def test_the_permutation_is_scipys() -> None:
    answers = sample(1, "likert", 12, 9, 0.6)
    expected = stats.permutation_test(
        (answers.y, answers.f), largest_gap,
        alternative="greater", n_resamples=2000, rng=1,
    ).pvalue  # fmt: skip
    assert difference_test(answers, 0) == pytest.approx(expected, abs=4 * np.sqrt(expected / 999))


def test_intervals_cover_a_distance_away_from_zero(monkeypatch) -> None:
    monkeypatch.setattr(module, "difference_test", lambda *_: 1.0)
    truth = stats.norm.cdf(0.5) - stats.norm.cdf(-0.5)
    covered = {KS: 0, WASSERSTEIN: 0}
    for seed in range(60):
        found = {m.name: m.interval for m in with_intervals(sample(seed, "gaussian", 150, 300, 1.0), 0.9, seed)}
        covered[KS] += found[KS].lower <= truth <= found[KS].upper
        covered[WASSERSTEIN] += found[WASSERSTEIN].lower <= 1.0 <= found[WASSERSTEIN].upper
    assert min(covered.values()) / 60 > 0.9 - 3 * 0.039


def test_intervals_stay_in_range_and_many_pairs_are_thinned() -> None:
    generator = np.random.default_rng(1)
    y = generator.normal(size=MOST_PAIRS + 50)
    for answers in (
        Answers(y, y + 0.3, paired=True),
        Answers(np.zeros(9), np.ones(9)),
        Answers(np.ones(5), np.ones(5)),
    ):
        for found in with_intervals(answers, 0.95, 0):
            assert 0 <= found.interval.lower <= found.interval.upper
            assert found.interval.upper <= 1 or found.name == WASSERSTEIN
    assert with_intervals(Answers(np.ones(5), np.ones(5)), 0.95, 0)[0].p_value == 1.0
    assert with_intervals(Answers(y, y, ordered=False, paired=True), 0.95, 3)[0].name == VARIATION


def test_the_same_seed_gives_the_same_numbers() -> None:
    answers = sample(4, "gaussian", 50, 80)
    assert with_intervals(answers, 0.95, 7) == with_intervals(answers, 0.95, 7)
