from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.matches import complement, duplicated, exact, matches, wilson


def test_wilson_is_the_textbooks() -> None:
    expected = stats.binomtest(7, 20).proportion_ci(method="wilson")
    assert wilson(0.35, 20, 0.95) == pytest.approx((expected.low, expected.high))
    assert wilson(1.0, 5, 0.95)[1] == 1.0


def test_matches_against_chance() -> None:
    y, f = np.array([1.0, 1, 2, 2, 3]), np.array([1.0, 2, 2, 2, 2])
    found = matches(y, f, 0.95)
    assert (found.rate, found.chance) == (pytest.approx(0.6), pytest.approx(0.4 * 0.2 + 0.4 * 0.8))
    assert found.beyond == pytest.approx((found.interval.lower - found.chance) / (1 - found.chance))
    assert matches(np.ones(3), np.ones(3), 0.95).beyond == 0.0
    assert complement(y, f).tolist() == [3, 3, 2, 2, 1]


@pytest.mark.parametrize(
    ("found", "drawn", "marked", "total"), [(3, 5, 6, 20), (0, 4, 2, 9), (4, 4, 5, 9), (1, 6, 7, 9)]
)
def test_the_exact_test_is_the_hypergeometric_tail(found, drawn, marked, total) -> None:
    assert exact(found, drawn, marked, total) == pytest.approx(stats.hypergeom.sf(found - 1, total, marked, drawn))


def likert(generator, n: int):
    f = generator.normal(size=n)
    return np.clip(np.round(3 + f + generator.normal(size=n)), 1, 5), f[None]


def test_rows_pasted_twice_are_seen_in_every_kind_of_column() -> None:
    generator = np.random.default_rng(1)
    y, c = likert(generator, 100)
    assert duplicated(y, c, 0)[1] > 0.05
    share, p = duplicated(np.append(y, y[:12]), np.append(c, c[:, :12], axis=1), 0)
    assert (share, p < 1e-3) == (pytest.approx(24 / 112), True)
    f, long = np.round(c), generator.normal(size=100)
    assert duplicated(long, f, 0)[1] > 0.05
    assert duplicated(np.append(long, long[:12]), np.append(f, f[:, :12], axis=1), 0)[1] < 1e-3


def test_false_alarms_of_honest_rows_are_rare() -> None:
    """Short scales, and personas of 40 kinds whose every LLM answers each kind alike."""
    generator, alarms = np.random.default_rng(2), np.zeros(2)
    for _ in range(300):
        y, c = likert(generator, 120)
        kind = generator.integers(0, 40, 120)
        llms = generator.normal(size=(2, 40))[:, kind]
        person = np.clip(np.round(3 + llms[0] + generator.normal(size=120)), 1, 5)
        alarms += [duplicated(y, np.round(c), 0)[1] < 0.05, duplicated(person, llms, 0)[1] < 0.05]
    assert (alarms / 300 < 0.05 + 3 * 0.0126).all()


def test_without_columns_or_rows_there_is_nothing_to_compare() -> None:
    assert duplicated(np.arange(3.0), np.zeros((0, 3)), 0) is None
    assert duplicated(np.arange(1.0), np.zeros((1, 1)), 0) is None
