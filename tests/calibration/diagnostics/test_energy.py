from __future__ import annotations

import numpy as np
import pytest

from service.calibration.diagnostics.energy import MOST, energy_test


def direct(x: np.ndarray, y: np.ndarray) -> float:
    """The definition, pair by pair, on columns standardised together."""
    rows = np.concatenate((x, y), axis=1)
    x, y = ((z - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True) for z in (x, y))

    def mean(a, b):
        return np.mean([np.linalg.norm(a[:, i] - b[:, j]) for i in range(a.shape[1]) for j in range(b.shape[1])])

    return 2 * mean(x, y) - mean(x, x) - mean(y, y)


@pytest.mark.parametrize("p", [1, 3])
def test_the_distance_is_its_definition(p: int) -> None:
    generator = np.random.default_rng(p)
    x, y = generator.normal(size=(p, 12)), generator.normal(size=(p, 17)) + 0.4
    assert energy_test(x, y, 0)[0] == pytest.approx(direct(x, y))


def test_a_difference_in_spread_is_seen_and_none_is_not() -> None:
    generator = np.random.default_rng(1)
    x, y = generator.normal(size=(1, 100)), generator.normal(size=(1, 2000))
    assert energy_test(x, 2.5 * y, 0)[1] < 0.01
    assert energy_test(x, y, 0)[1] > 0.05
    assert energy_test(x, y, 0) == energy_test(x, y, 0)


def test_the_p_value_counts_every_permutation() -> None:
    x, y = np.zeros((1, 3)), np.zeros((1, MOST + 5))
    assert energy_test(x, y, 0) == (0.0, 1.0)
