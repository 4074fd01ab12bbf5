from __future__ import annotations

import numpy as np
import pytest

from service.calibration.track_records.llm_effects import llm_effects
from service.calibration.track_records.record import effects

rng = np.random.default_rng(1)


def test_without_errors_the_measured_effects_are_the_true_ones():
    f = rng.normal(size=8)
    found = llm_effects(effects(list(f), [0.0] * 8))
    assert found.expected.tolist() == f.tolist()
    assert found.left.tolist() == [0.0] * 8
    assert found.variance == pytest.approx(f.var(ddof=1), rel=1e-10)
    assert found.expect(0.7, 0.0) == (0.7, 0.0)
    assert found.expect(0.7, 0.3)[1] > 0


def test_equal_errors_shrink_to_the_mean_by_the_reliability():
    f = rng.normal(3, 2, 9)
    found = llm_effects(effects(list(f), [0.5] * 9))
    reliability = 1 - 0.25 / f.var(ddof=1)
    assert found.variance == pytest.approx(f.var(ddof=1) - 0.25, rel=1e-10)
    assert found.expected == pytest.approx(f.mean() + reliability * (f - f.mean()), rel=1e-10)
    assert found.left == pytest.approx(np.full(9, 0.25 * reliability), rel=1e-10)
    assert found.measured(found.expect(1.2, 0.5)[0], 0.5) == pytest.approx(1.2, rel=1e-12)


def test_unequal_errors_are_the_posterior_of_a_normal_model():
    f, s = rng.normal(size=20), rng.uniform(0.1, 0.6, 20)
    found = llm_effects(effects(list(f), list(s)))
    posterior = 1 / (1 / found.variance + 1 / s**2)
    assert found.left == pytest.approx(posterior, rel=1e-10)
    assert found.expected == pytest.approx(posterior * (found.mean / found.variance + f / s**2), rel=1e-9)


@pytest.mark.parametrize(
    ("f", "s"), [([0.3] * 4, [0.0] * 4), ([0.3, 0.31, 0.29, 0.3], [0.2] * 4), ([0.0] * 3, [0.1] * 3)]
)
def test_effects_that_do_not_vary_beyond_their_errors_are_alike(f, s):
    found = llm_effects(effects(f, s))
    assert found.alike
    assert found.expect(9.0, 0.1)[0] == pytest.approx(np.mean(f))


def test_effects_that_vary_are_not_alike():
    assert not llm_effects(effects([0.3, 0.4], [0.0, 0.0])).alike
