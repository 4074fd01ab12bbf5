from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.arm_estimate import PooledSlope, fixed, own, own_weights, pooled
from service.calibration.estimate import Frame
from tests.calibration.studies import simulate
from tests.oracles import dense

STUDY = simulate(3, (20,), (30,), models=2)
FRAME = Frame(STUDY.sample(), "exchangeability")


def test_an_arm_on_its_own_slope_is_the_explicit_regression() -> None:
    fit, pool = FRAME.screened.fits[0], FRAME.pools[0]
    brute = dense.arm_fit(STUDY.y[0], STUDY.c[0], pool.mean)
    found = own(fit, pool)
    assert [found.theta, found.variance, found.df] == pytest.approx([brute.theta, brute.v, brute.df])
    assert own_weights(fit, fit.rows, pool.mean - fit.mean_c) == pytest.approx(brute.a)
    assert found.influence == pytest.approx(brute.a * brute.e / np.sqrt(1 - brute.h))


def test_a_fixed_slope_needs_no_rows_for_its_variance() -> None:
    slope = np.array([0.4, -0.1])
    found = fixed(FRAME.arms[0], slope, FRAME.pools[0], 1)
    residual = STUDY.y[0] - slope @ STUDY.c[0]
    assert found.variance == pytest.approx(residual.var(ddof=1) / 20)
    assert fixed(FRAME.arms[0], slope, FRAME.pools[0], 0).variance == pytest.approx(residual.var() / 20)
    assert found.influence is None
    assert FRAME.arms[0].residual(slope) == pytest.approx(residual - residual.mean())


def test_a_pooled_slope_inflates_variance_and_influence_alike() -> None:
    slope = np.array([0.4, -0.1])
    plain = fixed(FRAME.arms[0], slope, FRAME.pools[0], 1)
    found = pooled(FRAME.arms[0], PooledSlope(slope, 1.25), FRAME.pools[0])
    assert found.variance == pytest.approx(1.25 * plain.variance)
    assert found.influence @ found.influence == pytest.approx(found.variance)
    assert (found.theta, found.df) == (plain.theta, plain.df)


def test_a_weighted_thin_stratum_is_inflated_too() -> None:
    sample = STUDY.sample()
    weighted = Frame(
        replace(
            sample,
            human=(replace(sample.human[0], weight=np.linspace(1.0, 2.0, 20)),),
            llm_only=(replace(sample.llm_only[0], weight=np.ones(30)),),
        ),
        "exchangeability",
    )
    slope = np.array([0.4, -0.1])
    plain = fixed(weighted.arms[0], slope, weighted.pools[0], 1)
    found = pooled(weighted.arms[0], PooledSlope(slope, 1.25), weighted.pools[0])
    assert found.influence == pytest.approx(plain.influence * np.sqrt(1.25))
