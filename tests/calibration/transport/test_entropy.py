from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from service.calibration.transport.entropy import balanced, directions, spread

RNG = np.random.default_rng(8)
X = np.stack([RNG.normal(47.0, 12.0, 150), RNG.random(150) < 0.4, RNG.random(150) < 0.2]).astype(float)
TARGET = np.array([52.0, 0.55, 0.3])
BASE = RNG.uniform(0.5, 3.0, 150)


def test_margins_are_met_to_eight_digits_and_more() -> None:
    found = balanced(BASE, X - TARGET[:, None])
    assert found.met
    assert (found.weight > 0.0).all()
    assert np.abs(X @ found.weight - TARGET).max() < 1e-10


def test_weights_are_closest_to_the_base_weights_of_all_that_meet_the_margins() -> None:
    """The primal, by a general optimiser on the weights themselves."""
    x, base = X[:, :20] - np.array([[46.0], [0.5], [0.3]]), BASE[:20] / BASE[:20].sum()
    found = balanced(base, x)
    assert found.met
    constraints = [
        {"type": "eq", "fun": lambda w: x @ w / [10.0, 1.0, 1.0]},
        {"type": "eq", "fun": lambda w: w.sum() - 1.0},
    ]
    primal = minimize(
        lambda w: float(w @ np.log(w / base)),
        base,
        method="SLSQP",
        bounds=[(1e-9, 1.0)] * 20,
        constraints=constraints,
        options={"ftol": 1e-15, "maxiter": 500},
    )
    assert primal.success
    assert np.abs(primal.x - found.weight).max() < 2e-6
    assert found.weight @ np.log(found.weight / base) <= primal.fun + 1e-9


@pytest.mark.parametrize("target", [[80.0, 0.5, 0.3], [47.0, 1.0, 0.3], [47.0, 1.2, 0.3]])
def test_means_outside_of_what_units_combine_are_not_met(target: list[float]) -> None:
    x = np.concatenate((X, X[1:2])) - np.array([*target, 0.3])[:, None]
    assert not balanced(BASE, x).met
    assert not balanced(BASE, X - np.array([1e3, 0.5, 0.3])[:, None]).met


def test_rows_that_repeat_others_are_met_when_they_agree() -> None:
    x = np.concatenate((X, 2.0 * X[:1])) - np.array([*TARGET, 104.0])[:, None]
    assert len(directions(x, BASE / BASE.sum())) == 3
    assert balanced(BASE, x).met
    assert not balanced(BASE, x + np.array([[0.0], [0.0], [0.0], [1.0]])).met


def test_a_row_that_does_not_vary_is_met_only_where_it_is_the_target() -> None:
    same = np.full((1, 150), 1e6)
    assert balanced(BASE, np.concatenate((X - TARGET[:, None], same - 1e6))).met
    assert not balanced(BASE, np.concatenate((X - TARGET[:, None], same - 999_999.0))).met
    assert spread(same - 1e6, BASE / BASE.sum())[0] > 0.0


def test_scale_and_origin_do_not_matter() -> None:
    found, scaled = (balanced(BASE, (X - TARGET[:, None]) * np.array([[k], [1.0], [1.0]])) for k in (1.0, 1e-9))
    assert scaled.met
    assert np.allclose(found.weight, scaled.weight, rtol=1e-9)
