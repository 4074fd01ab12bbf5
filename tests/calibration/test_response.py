from __future__ import annotations

import numpy as np
import pytest

from service.calibration.response import Response, certain


def test_what_everybody_asked_adds_is_the_derivative_of_the_estimate() -> None:
    """Weights are exp(-z'gamma) + 1: the influence of gamma is carried over by the change of a weighted mean."""
    rng = np.random.default_rng(0)
    z, y, gamma = rng.normal(size=(2, 6)), rng.normal(size=6), np.array([0.3, -0.4])

    def mean(g: np.ndarray) -> float:
        omega = 1.0 + np.exp(-(g @ z))
        return float(omega @ y / omega.sum())

    e = 1.0 / (1.0 + np.exp(-(gamma @ z)))
    influence = (y - mean(gamma)) / e / (1.0 / e).sum()
    phi = rng.normal(size=(2, 9))
    found = Response(e, (1.0 - e) * z, phi, 0.1).of_asked(influence)
    gradient = [(mean(gamma + 1e-6 * u) - mean(gamma - 1e-6 * u)) / 2e-6 for u in np.eye(2)]
    expected = gradient @ phi
    expected[:6] += influence
    assert found == pytest.approx(expected, rel=1e-7)


def test_where_everybody_answered_nothing_is_added() -> None:
    assert certain(3).of_asked(np.arange(3.0)).tolist() == [0.0, 1.0, 2.0]
    assert (certain(3).lowest, certain(3).probability.tolist()) == (1.0, [1.0, 1.0, 1.0])
