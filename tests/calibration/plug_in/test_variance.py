"""Variance: numpy's, its influence by derivatives, predict-then-debias by hand, refusals and doubts."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from scipy import stats

from service.calibration.plug_in import variance
from tests.calibration import plug_ins


def fitted(y, weight):
    return variance.STATISTIC.fitter(y[None], plug_ins.design(None, n=y.size), weight)


def test_it_is_numpys_and_its_influence_a_derivative() -> None:
    rng = np.random.default_rng(1)
    y, weight = rng.exponential(size=30), rng.uniform(0.5, 2.0, 30)
    assert exp(fitted(y, np.ones(30)).theta[0]) == pytest.approx(np.var(y, ddof=1), rel=1e-12)
    assert exp(fitted(y, weight).theta[0]) == pytest.approx(float(np.cov(y, aweights=weight)), rel=1e-12)
    influence = fitted(y, weight).influence[0]
    assert float(influence @ weight) == pytest.approx(0.0, abs=1e-10)
    for i in (0, 7, 21):
        moved = plug_ins.derivative(lambda w: log(float(np.cov(y, aweights=w, ddof=0))), weight, i)
        assert moved == pytest.approx(influence[i], rel=1e-5)


def test_predict_then_debias_by_hand() -> None:
    """theta_H + b (gamma of everyone - gamma_H), b the slope of influence on influence."""
    data = plug_ins.table(2, covariates=False)
    y, _, f = plug_ins.humans(data)
    everyone = data.predictions[0].values
    own = [(v - v.mean()) ** 2 / np.var(v) - 1.0 for v in (y, f)]
    slope = float(own[0] @ own[1] / (own[1] @ own[1]))
    expected = np.var(y, ddof=1) * exp(slope * log(np.var(everyone, ddof=1) / np.var(f, ddof=1)))
    found = plug_ins.answered(data, "variance", estimator="regression").estimates[0]
    assert (found.name, found.component) == ("all", None)
    assert found.result.estimate == pytest.approx(expected, rel=1e-6)
    assert found.human_only.estimate == pytest.approx(np.var(y, ddof=1), rel=1e-12)


def test_the_humans_standard_error_is_corrected_for_the_leverage_of_a_line() -> None:
    y, _, _ = plug_ins.humans(data := plug_ins.table(3, n=12, covariates=False))
    u = (y - y.mean()) / y.std()
    phi = (u * u - 1.0) / np.sqrt(1.0 - (1.0 + u * u) / y.size)
    found = plug_ins.answered(data, "variance", estimator="human_only").estimates[0].result
    error = np.sqrt(float(phi @ phi)) / y.size
    df = min(3.0 * float(phi @ phi) ** 2 / float((phi**4).sum()), y.size - 2)
    assert found.standard_error / found.estimate == pytest.approx(error, rel=1e-10)
    assert found.df == pytest.approx(df, rel=1e-10)
    reach = stats.t.ppf(0.975, df) * error
    ends = (found.interval.lower, found.interval.upper)
    assert ends == pytest.approx((found.estimate * exp(-reach), found.estimate * exp(reach)), rel=1e-9)


def test_every_arm_has_its_own() -> None:
    data = plug_ins.table(4, arms=True, shared=True)
    found = plug_ins.answered(data, "variance").estimates
    assert [e.name for e in found] == list(plug_ins.ARMS)
    for arm, estimate in enumerate(found):
        expected = np.var(plug_ins.humans(data, arm)[0], ddof=1)
        assert estimate.human_only.estimate == pytest.approx(expected, rel=1e-12)
        assert estimate.human_only.df <= 38.0


def test_units_twice_are_one_cluster() -> None:
    data = plug_ins.table(9, n=30, covariates=False)
    once = plug_ins.answered(data, "variance").estimates[0]
    y, f = (np.repeat(v, 2) for v in (data.outcomes[0][1], data.predictions[0].values))
    pairs = plug_ins.Survey(cluster=np.repeat(np.arange(230.0), 2))
    twice = plug_ins.Table((("y", y),), (plug_ins.PredictionColumn(f, "gpt"),), survey=pairs)
    found = plug_ins.answered(twice, "variance").estimates[0]
    for one, of_pairs in ((once.result, found.result), (once.human_only, found.human_only)):
        assert of_pairs.standard_error / of_pairs.estimate == pytest.approx(one.standard_error / one.estimate, rel=0.03)
    assert found.human_only.df == pytest.approx(once.human_only.df, rel=1e-6)


def test_weights_count_and_their_scale_does_not() -> None:
    weight = np.tile([1.0, 3.0], 120)
    data, tenfold = (plug_ins.table(5, covariates=False, weight=weight * by) for by in (1.0, 10.0))
    found, same = (plug_ins.answered(d, "variance").estimates[0] for d in (data, tenfold))
    weighted = float(np.cov(plug_ins.humans(data)[0], aweights=weight[:40]))
    assert found.human_only.estimate == pytest.approx(weighted, rel=1e-12)
    assert same.result.estimate == pytest.approx(found.result.estimate, rel=1e-12)
    assert same.result.standard_error == pytest.approx(found.result.standard_error, rel=1e-10)


@pytest.mark.parametrize(("null", "tested"), [(0.0, False), (-1.0, False), (1.2, True)])
def test_a_value_that_is_no_variance_is_not_tested(null, tested) -> None:
    found = plug_ins.answered(plug_ins.table(6), "variance", null_value=null, multiplicity="holm")
    estimate = found.estimates[0]
    assert found.applied.null_value == null
    values = (estimate.result.p_value, estimate.human_only.p_value, estimate.p_value_adjusted)
    assert [v is not None for v in values] == [tested] * 3


def test_an_llm_that_says_the_same_of_everyone_has_no_variance() -> None:
    data = plug_ins.table(7)
    same = plug_ins.Table(data.outcomes, (plug_ins.PredictionColumn(np.full(240, 3.0), "gpt"),))
    found = plug_ins.answered(same, "variance", estimator="regression").estimates[0]
    assert found.llm_only.estimate == pytest.approx(0.0, abs=1e-200)
    assert found.result.estimate == pytest.approx(found.human_only.estimate, rel=1e-12)


def test_normal_outcomes_are_not_doubted() -> None:
    """Squares are skewed where outcomes are normal; the degrees of freedom know."""
    codes = {w.code for w in plug_ins.answered(plug_ins.table(10, n=50), "variance").warnings}
    assert not codes & {"skewed_influence", "long_tails"}


def test_strata_weigh_their_shares() -> None:
    data = plug_ins.table(11, covariates=False, stratum=np.arange(240.0) % 2)
    found = plug_ins.answered(data, "variance", stratum_shares={"0": 0.3, "1": 0.7}).estimates[0]
    y = plug_ins.humans(data)[0]
    weighted = float(np.cov(y, aweights=np.tile([0.3, 0.7], 20)))
    assert found.human_only.estimate == pytest.approx(weighted, rel=1e-9)
    assert found.human_only.df <= 37.0
