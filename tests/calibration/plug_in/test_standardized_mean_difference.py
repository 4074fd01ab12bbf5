"""Hedges' g: by hand, its influence by derivatives, three arms, signs and scales."""

from __future__ import annotations

from dataclasses import replace
from math import gamma, sqrt

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table
from service.calibration.plug_in import standardized_mean_difference as smd
from tests.calibration import plug_ins


def by_hand(groups: list[np.ndarray], d: int = 1) -> float:
    """g from the textbook's formula, the standard deviation pooled over all groups."""
    df = sum(g.size - 1 for g in groups)
    s = sqrt(sum((g.size - 1) * np.var(g, ddof=1) for g in groups) / df)
    factor = gamma(df / 2) / (sqrt(df / 2) * gamma((df - 1) / 2))
    return factor * float(groups[d].mean() - groups[0].mean()) / s


def test_it_is_hedges_and_its_influence_a_derivative() -> None:
    rng = np.random.default_rng(1)
    y, arm, weight = rng.exponential(size=30), np.arange(30) % 2, rng.uniform(0.5, 2.0, 30)
    fit = smd.STATISTIC.fitter(y[None], plug_ins.design(arm), np.ones(30))
    assert fit.theta[0] == pytest.approx(by_hand([y[arm == 0], y[arm == 1]]), rel=1e-12)
    fit = smd.STATISTIC.fitter(y[None], plug_ins.design(arm), weight)
    assert float(fit.influence[0] @ weight) == pytest.approx(0.0, abs=1e-9)

    def cohen(w):
        means = [np.average(y[arm == d], weights=w[arm == d]) for d in (0, 1)]
        rest = y - np.choose(arm, means)
        return (means[1] - means[0]) / sqrt(np.average(rest * rest, weights=w))

    factor = fit.theta[0] / cohen(weight)
    assert 0.9 < factor < 1.0
    for i in (0, 7, 21):
        moved = factor * plug_ins.derivative(cohen, weight, i)
        assert moved == pytest.approx(fit.influence[0, i], rel=1e-5)


def test_the_bias_is_the_gamma_functions() -> None:
    assert [smd.unbiased(df) for df in (2.0, 5.0, 10.0, 17.0)] == pytest.approx(
        [0.5641896, 0.8407487, 0.9227456, 0.9551115], abs=1e-7
    )
    assert smd.unbiased(1e7) == 1.0
    assert smd.unbiased(1.0) == smd.unbiased(2.0)


def test_three_arms_share_one_standard_deviation() -> None:
    rng = np.random.default_rng(2)
    arm = Labels(np.arange(300) % 3, ("a", "b", "c"))
    y = rng.normal(size=300) + arm.codes
    data = Table(
        (("y", np.where(np.arange(300) < 90, y, np.nan)),),
        (PredictionColumn(y + rng.normal(size=300), "gpt"),),
        arm=arm,
        prediction_design="independent",
    )
    found = plug_ins.answered(data, "standardized_mean_difference", control="b").estimates
    groups = [y[:90][arm.codes[:90] == d] for d in (1, 0, 2)]
    assert [e.name for e in found] == ["a - b", "c - b"]
    for d, estimate in enumerate(found, 1):
        assert estimate.human_only.estimate == pytest.approx(by_hand(groups, d), rel=1e-12)


@pytest.mark.parametrize("shared", [False, True])
def test_any_unit_and_both_signs(shared) -> None:
    data = plug_ins.table(3, arms=True, shared=shared)
    turned = replace(
        data,
        outcomes=(("y", 5.0 - 3.0 * data.outcomes[0][1]),),
        predictions=tuple(replace(p, values=100.0 - 0.1 * p.values) for p in data.predictions),
    )
    one, other = (
        plug_ins.answered(d, "standardized_mean_difference", estimator="regression").estimates[0].result
        for d in (data, turned)
    )
    assert other.estimate == pytest.approx(-one.estimate, rel=1e-9)
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-9)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-8)


def test_nothing_that_varies_inside_arms_has_no_size() -> None:
    arm = np.arange(10) % 2
    fit = smd.STATISTIC.fitter(arm[None].astype(float), plug_ins.design(arm), np.ones(10))
    assert (fit.theta[0], fit.converged, float(np.abs(fit.influence).max())) == (0.0, False, 0.0)
