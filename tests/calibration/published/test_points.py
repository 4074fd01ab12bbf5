from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import NotIdentified
from service.calibration.published.points import LINKS, bread, minimum, points, tilted
from tests.calibration.published.studies import drawn

MEANS = {
    "linear": lambda eta: eta,
    "logistic": lambda eta: 1.0 / (1.0 + np.exp(-eta)),
    "poisson": np.exp,
}


def score(family, rows, theta, lam):
    """The rectified estimating function, unit by unit."""
    mean = MEANS[family]
    only = np.mean([(mean(x @ theta) - f) * x for x, f in zip(rows.x_only.T, rows.f_only, strict=True)], axis=0)
    paired = np.mean([(mean(x @ theta) - f) * x for x, f in zip(rows.x.T, rows.f, strict=True)], axis=0)
    human = np.mean([(mean(x @ theta) - y) * x for x, y in zip(rows.x.T, rows.y, strict=True)], axis=0)
    return human + lam * (only - paired)


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("family", ["logistic", "poisson"])
def test_the_point_is_the_root_of_the_rectified_score(family, lam):
    for seed in range(10):
        rows = drawn(seed, family)
        assert score(family, rows, points(family, rows)(lam), lam) == pytest.approx(np.zeros(3), abs=2e-14)


def test_the_linear_point_is_two_regressions():
    rows = drawn(3, "linear")
    imputed = np.linalg.lstsq(rows.x_only.T, 0.4 * rows.f_only, rcond=None)[0]
    rectifier = np.linalg.lstsq(rows.x.T, rows.y - 0.4 * rows.f, rcond=None)[0]
    assert points("linear", rows)(0.4) == pytest.approx(imputed + rectifier, rel=1e-12)


def test_the_loss_of_the_identity_link_is_least_squares():
    rows = drawn(4, "linear")
    expected = np.linalg.lstsq(rows.x.T, rows.y, rcond=None)[0]
    assert minimum(tilted(rows, 0.0, LINKS["linear"])) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("family", LINKS)
def test_mean_and_variance_are_derivatives_of_the_cumulant(family):
    link, eta, h = LINKS[family], np.linspace(-3.0, 3.0, 13), 1e-5
    assert (link.cumulant(eta + h) - link.cumulant(eta - h)) / (2 * h) == pytest.approx(link.mean(eta), abs=1e-8)
    assert (link.mean(eta + h) - link.mean(eta - h)) / (2 * h) == pytest.approx(link.variance(eta), abs=1e-8)


@pytest.mark.parametrize(("low", "high"), [(1e-4, 3e-4), (4e5, 9e5)])
def test_poisson_converges_from_far_away(low, high):
    rows = drawn(5, "poisson")
    rows = replace(rows, y=np.where(rows.x[1] > 0, high, low))
    saturated = [np.log(low), np.log(high / low)]
    theta = points("poisson", replace(rows, x=rows.x[:2], x_only=rows.x_only[:2]))(0.0)
    assert theta == pytest.approx(saturated, rel=1e-12)


def test_a_mean_outside_the_family_has_no_point():
    """At lambda = 1 the predictions ask for a mean below 0, or for a share above 1."""
    rows = drawn(6, "poisson")
    with pytest.raises(NotIdentified) as refused:
        points("poisson", replace(rows, f_only=rows.f_only - 50.0))(1.0)
    assert refused.value.problems[0].code == "no_maximum"
    rows = drawn(6, "logistic")
    with pytest.raises(NotIdentified):
        points("logistic", replace(rows, f_only=rows.f_only + 1.0))(1.0)


def test_separated_answers_have_no_point():
    rows = drawn(7, "logistic")
    with pytest.raises(NotIdentified):
        points("logistic", replace(rows, y=(rows.x[2] > 0).astype(float)))(0.0)


def test_bread_inverts_the_mean_hessian_whatever_the_units():
    x, units = drawn(8, "linear").x, np.array([1.0, 1e7, 1e-7])
    curvature = np.linspace(0.1, 0.3, x.shape[1])
    plain = np.linalg.inv(sum(c * np.outer(r, r) for c, r in zip(curvature, x.T, strict=True)) / x.shape[1])
    scaled = bread(x * units[:, None], curvature) * np.outer(units, units)
    assert scaled == pytest.approx(plain, rel=1e-11)


def test_humans_without_weight_cannot_overflow():
    """At lambda = 1 the humans' means have no part in the equations, however far away a unit is."""
    rows = drawn(10, "poisson")
    far, paired = rows.x.copy(), rows.f.copy()
    far[2, 0], paired[0] = 1e4, rows.y[0]
    theta = points("poisson", replace(rows, x=far, f=paired))(1.0)
    mean, shift = np.exp(theta @ rows.x_only), far @ (rows.y - paired) / rows.n
    assert abs(theta[2]) * 1e4 > 710.0
    assert rows.x_only @ (mean - rows.f_only) / rows.m == pytest.approx(shift, abs=1e-13)


@pytest.mark.parametrize("value", [0.0, np.inf])
def test_bread_refuses_what_has_no_inverse(value):
    with pytest.raises(NotIdentified):
        bread(drawn(9, "linear").x, np.full(60, value))
