"""Pieces of arms put together: shares, bases that stand side by side, who is in which arm."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.plug_in import populations
from tests.calibration import plug_ins

ARM = np.array([0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])


def test_the_mean_of_every_arm_and_its_difference() -> None:
    rng = np.random.default_rng(1)
    y, weight, design = rng.normal(size=12), rng.uniform(0.5, 2.0, 12), plug_ins.design(ARM)
    each = populations.of_each(populations.mean)(y[None], design, weight)
    means = [np.average(y[d == ARM], weights=weight[d == ARM]) for d in (0, 1)]
    assert each.theta == pytest.approx(means, rel=1e-12)
    assert each.populations == plug_ins.ARMS
    between = populations.of_comparisons(populations.mean, "over")(y[None], design, weight)
    assert between.populations == ("treatment over control",)
    assert between.theta == pytest.approx([means[1] - means[0]], rel=1e-12)
    assert between.influence[0] == pytest.approx(each.influence[1] - each.influence[0], rel=1e-12)
    for i in (0, 1):
        moved = plug_ins.derivative(lambda w: np.average(y[ARM == 1], weights=w[ARM == 1]), weight, i)
        assert moved == pytest.approx(each.influence[1, i], rel=1e-6, abs=1e-12)


def test_bases_are_orthonormal_side_by_side_and_leverage_is_the_arms_own() -> None:
    weight = np.ones(12)
    fit = populations.of_each(populations.mean)(np.arange(12.0)[None], plug_ins.design(ARM), weight)
    assert fit.basis @ fit.basis.T == pytest.approx(np.eye(2), abs=1e-12)
    assert fit.leverage == pytest.approx(np.where(ARM == 1, 1 / 4, 1 / 8), rel=1e-12)


def test_one_arm_is_everyone_and_unnamed() -> None:
    assert populations.members(plug_ins.design(None, n=3), 3)[0].all()
    fit = populations.of_each(populations.mean)(np.arange(3.0)[None], plug_ins.design(None, n=3), np.ones(3))
    assert (fit.populations, fit.names) == ((), ("",))


def test_what_does_not_vary_is_exactly_zero() -> None:
    mean, spread, u = populations.standardised(np.full(3, 1e8 / 3.0), np.full(3, 1 / 3))
    assert (mean, spread, u.tolist()) == (pytest.approx(1e8 / 3.0), 0.0, [0.0, 0.0, 0.0])
