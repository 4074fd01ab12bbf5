from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import NotIdentified
from service.calibration.estimate import Frame, assemble, human_only
from service.calibration.sample import Column
from tests.calibration.studies import Study, as_moments, problems, simulate

TWINS = simulate(4, (12, 14), 9, design="shared", models=2)
ARMS = simulate(4, (12, 14), (9, 0), models=2)


def known(study: Study, *means: float | None) -> Study:
    columns = tuple(replace(c, population_mean=m) for c, m in zip(study.columns, means, strict=True))
    return replace(study, columns=columns)


def test_a_shared_pool_is_all_humans_and_under_exchangeability_the_llm_only_units() -> None:
    everyone = np.hstack(TWINS.c)
    for identification, units in (
        ("randomization", everyone),
        ("exchangeability", np.hstack([everyone, TWINS.llm_only[0]])),
    ):
        (pool,) = Frame(TWINS.sample(), identification).pools
        assert (pool.size, pool.humans) == (units.shape[1], (0, 1))
        assert pool.mean == pytest.approx(units.mean(axis=1))
        assert pool.covariance == pytest.approx(np.cov(units))
        assert pool.sampling is pool.covariance


def test_the_reference_of_historical_estimators_is_the_llm_only_units() -> None:
    (pool,) = Frame(TWINS.sample(), "exchangeability").reference_pools
    assert (pool.size, pool.humans, pool.llm_only) == (9, (), 0)
    (pool,) = Frame(TWINS.sample(), "randomization").reference_pools
    assert (pool.size, pool.humans, pool.llm_only) == (26, (0, 1), None)


def test_independent_arms_have_their_own_pools() -> None:
    frame = Frame(ARMS.sample(), "exchangeability")
    assert [(p.size, p.humans, p.llm_only) for p in frame.pools] == [(21, (0,), 0), (14, (1,), None)]
    assert frame.has_pool == (True, False)
    assert Frame(simulate(4, (9, 9), 5, design="shared").sample(), "randomization").has_pool == (True, True)


def test_a_known_mean_is_the_reference_and_does_not_vary() -> None:
    frame = Frame(known(ARMS, 0.25, None).sample(), "exchangeability")
    assert frame.has_pool == (True, True)
    for pool in frame.pools:
        assert pool.mean[0] == 0.25
        assert pool.sampling[0].tolist() == pool.sampling[:, 0].tolist() == [0.0, 0.0]
        assert pool.sampling[1, 1] == pool.covariance[1, 1] > 0.0
    assert frame.pools[1].mean[1] == pytest.approx(ARMS.c[1][1].mean())


def test_a_known_mean_gives_the_classical_regression_estimator() -> None:
    """Infinite pool: mu = ybar + b (C - cbar), variance s^2-like alone; checked against the formula."""
    study = known(simulate(4, (12,)), 0.25)
    frame = Frame(study.sample(), "exchangeability")
    estimate = assemble(frame, [frame.slope(0)], frame.pools)
    y, f = study.y[0], study.c[0][0]
    slope = np.cov(y, f)[0, 1] / np.var(f, ddof=1)
    assert estimate.theta[0] == pytest.approx(y.mean() + slope * (0.25 - f.mean()))
    assert not estimate.pools[0].sampling.any()


def test_a_pool_of_one_llm_only_unit_has_no_covariance() -> None:
    (pool,) = Frame(simulate(4, (12,), 1).sample(), "exchangeability").reference_pools
    assert (pool.size, pool.covariance.tolist()) == (1, [[0.0]])


def test_directions_are_the_equal_weight_mean_of_an_arms_own_predictions() -> None:
    directions = Frame(TWINS.sample(), "randomization").sample.directions
    assert [c.arm for c in TWINS.columns] == ["control", "treatment", "control", "treatment"]
    assert directions.tolist() == [[0.5, 0.0, 0.5, 0.0], [0.0, 0.5, 0.0, 0.5]]
    assert Frame(ARMS.sample(), "exchangeability").sample.directions.tolist() == [[0.5, 0.5]] * 2
    assert TWINS.sample().direction("m1").tolist() == [[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    assert not Frame(simulate(4, covariates=1, models=0).sample(), "exchangeability").sample.directions.any()


def test_a_column_for_no_arm_speaks_for_the_arms_without_their_own() -> None:
    columns = (Column("a", "prediction", "m", "control"), Column("b", "prediction", "m", None))
    study = replace(simulate(4, design="shared"), columns=columns)
    assert study.sample().direction("m").tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_human_only_is_the_mean_and_its_variance() -> None:
    for sample in (ARMS.sample(), as_moments(ARMS.sample())):
        estimate = human_only(Frame(sample, "exchangeability"))
        assert estimate.theta == pytest.approx([y.mean() for y in ARMS.y])
        assert estimate.variance == pytest.approx([np.var(y, ddof=1) / len(y) for y in ARMS.y])
        assert estimate.df.tolist() == [11.0, 13.0]
        assert estimate.fixed == (True, True)


def test_fixed_slopes_from_rows_and_from_moments_agree_in_both_divisors() -> None:
    slope = np.array([0.4, -0.3])
    for compat, ddof in ((False, 1), (True, 0)):
        for sample in (ARMS.sample(), as_moments(ARMS.sample())):
            frame = Frame(sample, "exchangeability", compat)
            estimate = assemble(frame, [slope, slope], frame.reference_pools)
            rest = [np.var(y - slope @ c, ddof=ddof) / len(y) for y, c in zip(ARMS.y, ARMS.c, strict=True)]
            assert estimate.variance == pytest.approx(rest)


def test_influence_values_are_the_parts_of_the_variance() -> None:
    frame = Frame(ARMS.sample(), "exchangeability")
    estimate = assemble(frame, [frame.slope(0), np.zeros(2)], frame.pools)
    values = [estimate.human_influence(d) for d in (0, 1)]
    assert [float(r @ r) for r in values] == pytest.approx(estimate.variance)
    assert values[1] == pytest.approx((ARMS.y[1] - ARMS.y[1].mean()) / np.sqrt(14 * 13))


def test_pool_slopes_add_over_the_arms_of_a_pool() -> None:
    t = np.array([-1.0, 1.0])
    shared = Frame(TWINS.sample(), "randomization")
    estimate = assemble(shared, [shared.slope(d) for d in (0, 1)], shared.pools)
    assert estimate.pool_slopes(t) == pytest.approx((estimate.slope[1] - estimate.slope[0])[None])
    own = Frame(ARMS.sample(), "exchangeability")
    estimate = assemble(own, [own.slope(d) for d in (0, 1)], own.pools)
    assert estimate.pool_slopes(t) == pytest.approx(np.vstack([-estimate.slope[0], estimate.slope[1]]))


def test_an_arm_without_a_fit_is_refused_with_its_place() -> None:
    frame = Frame(simulate(3, (4, 20), 15, models=3).sample(), "exchangeability")
    with pytest.raises(NotIdentified) as refused:
        frame.slope(0)
    assert problems(refused.value) == [("/data/arms/0/human", "too_many_columns")]
    assert "4 humans" in refused.value.problems[0].detail
    assert frame.slope(1).rank == 3
