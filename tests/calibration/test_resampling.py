from __future__ import annotations

import numpy as np
import pytest

from service.calibration import resampling
from service.calibration.resampling import counts, distinct, generator, indices, normal_enough, resampled, sums

CONTINUOUS = np.random.default_rng(1).normal(size=30)
LIKERT = np.random.default_rng(2).integers(1, 6, 200).astype(float) / 7.0


def test_distinct_values_with_their_counts() -> None:
    values, counts = distinct(np.array([2.0, -1.0, 2.0, 2.0 + 1e-15, 5.0]))
    assert values.tolist() == [-1.0, 2.0, 5.0]
    assert counts.tolist() == [1.0, 3.0, 1.0]
    assert [v.tolist() for v in distinct(np.zeros(4))] == [[0.0], [4.0]]


def test_few_distinct_values_are_a_loop_over_the_same_multinomial_draws() -> None:
    values, counts = np.unique(LIKERT, return_counts=True)
    drawn = np.random.default_rng(5).multinomial(200, counts / 200, size=50)
    units = [np.repeat(values, row) for row in drawn]
    found = resampled(LIKERT, 50, np.random.default_rng(5), powers=2)
    assert found[0] == pytest.approx([u.sum() for u in units], rel=1e-12)
    assert found[1] == pytest.approx([(u * u).sum() for u in units], rel=1e-12)
    assert np.array_equal(resampled(LIKERT, 50, np.random.default_rng(5)), found[:1])


@pytest.mark.parametrize("chunk", [1, 100, 1 << 16])
def test_many_distinct_values_are_a_loop_over_the_same_units(chunk: int, monkeypatch) -> None:
    monkeypatch.setattr(resampling, "CHUNK", chunk)
    drawn = indices(30, 41, np.random.default_rng(5))
    found = resampled(CONTINUOUS, 41, np.random.default_rng(5), powers=2)
    loop = [[sum(CONTINUOUS[i] for i in row), sum(CONTINUOUS[i] ** 2 for i in row)] for row in drawn]
    assert pytest.approx(np.array(loop), rel=1e-12) == found.T
    assert resampled(CONTINUOUS, 41, np.random.default_rng(5))[0] == pytest.approx(found[0], rel=1e-15)


def test_indexes_are_uniform_and_from_32_bits_each() -> None:
    found = indices(7, 1000, np.random.default_rng(5))
    bits = np.random.default_rng(5).bit_generator.random_raw(3500)
    halves = np.stack((bits & np.uint64(0xFFFFFFFF), bits >> np.uint64(32)), axis=1).ravel()
    assert found.ravel().tolist() == [int(u) * 7 >> 32 for u in halves.tolist()]
    assert np.bincount(found.ravel()) == pytest.approx(np.full(7, 1000.0), abs=4 * np.sqrt(1000 * 6 / 7))
    assert indices(3, 1, np.random.default_rng(5)).shape == (1, 3)


def test_large_groups_have_the_mean_and_covariance_of_resampled_sums(monkeypatch) -> None:
    skewed = np.exp(CONTINUOUS)
    exact = resampled(skewed, 200_000, np.random.default_rng(3), powers=2)
    monkeypatch.setattr(resampling, "LARGE", 10)
    limit = resampled(skewed, 200_000, np.random.default_rng(4), powers=2)
    assert limit.mean(axis=1) == pytest.approx(exact.mean(axis=1), rel=2e-3)
    assert np.cov(limit) == pytest.approx(np.cov(exact), rel=2e-2)
    deviations = np.stack((skewed, skewed**2)) - np.stack((skewed, skewed**2)).mean(axis=1, keepdims=True)
    assert np.cov(limit) == pytest.approx(deviations @ deviations.T, rel=2e-2)  # Monte Carlo error .5 %
    assert resampled(skewed, 7, np.random.default_rng(4)).shape == (1, 7)


def test_a_single_unit_never_moves() -> None:
    assert resampled(np.array([0.3]), 4, np.random.default_rng(0)).tolist() == [[0.3] * 4]


def test_counts_say_how_often_the_drawn_indexes_came_up() -> None:
    drawn = indices(30, 7, np.random.default_rng(5))
    found = counts(30, 7, np.random.default_rng(5))
    assert found.dtype == np.uint8
    assert found.tolist() == [np.bincount(row, minlength=30).tolist() for row in drawn]


def test_sums_less_their_totals_are_those_of_the_drawn_units(monkeypatch) -> None:
    monkeypatch.setattr(resampling, "CHUNK", 100)
    values = np.stack((CONTINUOUS, 3.0 + CONTINUOUS**2))
    found = sums(values, 20, np.random.default_rng(5))
    source = np.random.default_rng(5)
    drawn = np.concatenate([counts(30, min(3, 20 - k), source) for k in range(0, 20, 3)])
    assert found == pytest.approx(drawn @ values.T - values.sum(axis=1), rel=1e-10)


def test_even_sums_of_many_units_take_the_normal_limit_with_their_covariance() -> None:
    rng = np.random.default_rng(6)
    values = rng.normal(size=(2, 5000)) + rng.normal(size=5000)
    values -= values.mean(axis=1, keepdims=True)
    assert normal_enough(values)
    found = sums(values + 7.0, 40_000, np.random.default_rng(1))
    assert found.mean(axis=0) / np.sqrt((values**2).sum(axis=1)) == pytest.approx([0.0, 0.0], abs=0.02)
    assert np.cov(found.T) == pytest.approx(values @ values.T, rel=0.05)


def test_few_or_skewed_units_are_drawn_one_by_one() -> None:
    rng = np.random.default_rng(6)
    even, skewed = rng.normal(size=(1, 999)), rng.exponential(size=(1, 1000)) - 1.0
    assert not normal_enough(even)
    assert normal_enough(np.concatenate((even, [[0.0]]), axis=1))
    assert not normal_enough(skewed)
    assert normal_enough(np.tile(skewed, 21))


def test_a_place_has_its_own_numbers_for_every_seed() -> None:
    draws = [generator(seed, label).random() for seed, label in ((1, "a"), (1, "b"), (2, "a"), (1, "a"))]
    assert draws[0] == draws[3]
    assert len(set(draws)) == 3
