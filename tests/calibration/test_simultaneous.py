"""All estimates of an answer judged together, through ``calibrate``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.multiplicity import adjusted
from service.calibration.plan import Plan
from tests.calibration.studies import as_moments, categorised, simulate

TWINS = {"n": (30, 35, 32), "m": 60, "design": "shared", "models": 2}
SAMPLES = tuple(replace(simulate(k, **TWINS).sample(), outcome=f"y{k}") for k in (1, 2))
PLAN = Plan(identification="exchangeability", estimator="regression")


@pytest.mark.parametrize("method", ["holm", "hochberg", "benjamini_hochberg"])
def test_p_values_are_adjusted_over_all_outcomes(method: str) -> None:
    plain, found = calibrate(SAMPLES, PLAN), calibrate(SAMPLES, replace(PLAN, multiplicity=method))
    expected = adjusted([e.result.p_value for e in plain.estimates], method)
    assert [e.p_value_adjusted for e in found.estimates] == expected
    assert [e.result for e in found.estimates] == [e.result for e in plain.estimates]
    assert {e.p_value_adjusted for e in plain.estimates} == {None}
    assert (found.applied.multiplicity, plain.applied.multiplicity) == (method, "none")


@pytest.mark.parametrize("samples", [SAMPLES[0], SAMPLES, as_moments(SAMPLES[0])], ids=["one", "two", "moments"])
def test_simultaneous_intervals_are_wider_and_agree_with_their_p_values(samples) -> None:
    plain, found = calibrate(samples, PLAN), calibrate(samples, replace(PLAN, multiplicity="max_t"))
    for ours, alone in zip(found.estimates, plain.estimates, strict=True):
        assert ours.result.interval.lower < alone.result.interval.lower
        assert ours.result.interval.upper > alone.result.interval.upper
        assert ours.result.interval.level == 0.95
        assert ours.result.p_value == alone.result.p_value
        assert ours.p_value_adjusted >= ours.result.p_value
        inside = ours.result.interval.lower <= 0.0 <= ours.result.interval.upper
        assert (ours.p_value_adjusted < 0.05) is not inside
        assert ours.human_only == alone.human_only


def test_one_estimate_alone_is_hardly_changed() -> None:
    sample = simulate(3, (30, 35), 60, design="shared").sample()
    plain, found = (calibrate(sample, replace(PLAN, multiplicity=m)).estimates[0] for m in ("none", "max_t"))
    width = [e.result.interval.upper - e.result.interval.lower for e in (plain, found)]
    assert width[1] == pytest.approx(width[0], rel=0.03)


def test_the_same_outcome_twice_costs_nothing_and_an_independent_one_what_sidak_says() -> None:
    sample = simulate(3, (200,), 400).sample()
    again = replace(sample, outcome="again")
    other = replace(simulate(4, (200,), 400).sample(), outcome="other")
    plan = Plan(estimator="regression", multiplicity="max_t")

    def width(samples) -> float:
        interval = calibrate(samples, plan).estimates[0].result.interval
        return interval.upper - interval.lower

    assert width((sample, again)) == pytest.approx(width((sample,)), rel=0.01)
    z = 2.2364767  # normal quantile at (1 + sqrt(.95)) / 2
    assert width((sample, other)) / width((sample,)) == pytest.approx(z / 1.959964, rel=0.02)


def test_an_outcome_with_units_of_its_own_is_lined_up_with_nobody() -> None:
    fewer = replace(simulate(2, (30, 34, 32), 60, design="shared", models=2).sample(), outcome="y2", n_dropped=1)
    found = calibrate((SAMPLES[0], fewer), replace(PLAN, multiplicity="max_t"))
    assert all(e.p_value_adjusted >= e.result.p_value for e in found.estimates)


def test_shares_of_all_categories_and_arms_are_one_family() -> None:
    samples = categorised(simulate(5, (40, 44), 60, design="shared")).samples()
    plan = replace(PLAN, estimand="proportions", multiplicity="max_t", interval="t", control="control")
    found, plain = (calibrate(samples, replace(plan, multiplicity=m)) for m in ("max_t", "none"))
    wider = [
        (f.result.interval.upper - f.result.interval.lower) / (p.result.interval.upper - p.result.interval.lower)
        for f, p in zip(found.estimates, plain.estimates, strict=True)
    ]
    assert len(wider) == 3
    assert all(1.0 < ratio < 1.3 for ratio in wider)
    assert np.std(wider) < 0.02


def test_the_same_seed_gives_the_same_intervals() -> None:
    plan = replace(PLAN, multiplicity="max_t", seed=7)
    assert calibrate(SAMPLES, plan) == calibrate(SAMPLES, plan)
    other = calibrate(SAMPLES, replace(plan, seed=8)).estimates[0].result.interval
    assert other != calibrate(SAMPLES, plan).estimates[0].result.interval
