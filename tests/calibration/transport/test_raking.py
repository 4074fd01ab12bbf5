from __future__ import annotations

import numpy as np
import pytest

from service.calibration.transport.raking import raked


def test_shares_are_met_and_odds_ratios_kept() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 2, 400), rng.integers(0, 3, 400)
    base = rng.uniform(0.5, 2.0, 400)
    w, error = raked(base, [(a, np.array([0.7, 0.3])), (b, np.array([0.2, 0.5, 0.3]))])
    assert error <= 1e-13
    assert w.sum() == pytest.approx(1.0, abs=1e-15)
    assert np.allclose(np.bincount(a, w), [0.7, 0.3], rtol=0.0, atol=1e-13)
    assert np.allclose(np.bincount(b, w), [0.2, 0.5, 0.3], rtol=0.0, atol=1e-13)
    cells = np.log([[w[(a == i) & (b == j)][0] / base[(a == i) & (b == j)][0] for j in range(3)] for i in range(2)])
    assert np.allclose(cells[0] - cells[1], cells[0, 0] - cells[1, 0], atol=1e-12)


def test_margins_that_contradict_each_other_are_left_with_an_error() -> None:
    a = np.array([0, 0, 1, 1])
    assert raked(np.ones(4), [(a, np.array([0.7, 0.3])), (a, np.array([0.6, 0.4]))])[1] == pytest.approx(0.1)
