"""Risk ratio: scipy's, its influence by derivatives, its null value, an LLM that knows no event."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
from scipy import stats

from service.calibration.errors import CalibrationError
from service.calibration.plug_in import risk_ratio
from tests.calibration import plug_ins


def test_it_is_scipys_and_the_test_is_against_one() -> None:
    data = plug_ins.table(1, arms=True, binary=True)
    (y0, *_), (y1, *_) = (plug_ins.humans(data, arm) for arm in (0, 1))
    expected = stats.contingency.relative_risk(int(y1.sum()), y1.size, int(y0.sum()), y0.size).relative_risk
    answer = plug_ins.answered(data, "risk_ratio", estimator="human_only")
    found = answer.estimates[0]
    assert (found.name, answer.applied.null_value) == ("treatment / control", 1.0)
    assert found.result.estimate == pytest.approx(expected, rel=1e-12)
    square = sum((1.0 - y.mean()) / y.mean() / (y.size - 1) for y in (y0, y1))  # HC2 of two means
    error = found.result.standard_error / found.result.estimate
    assert error == pytest.approx(np.sqrt(square), rel=1e-10)
    p = 2.0 * stats.t.sf(abs(log(expected)) / error, found.result.df)
    assert found.result.p_value == pytest.approx(p, rel=1e-8)
    at = found.result.interval.lower
    there = plug_ins.answered(data, "risk_ratio", estimator="human_only", null_value=at)
    assert there.estimates[0].result.p_value == pytest.approx(0.05, rel=1e-6)
    assert there.applied.null_value == at


def test_its_influence_is_a_derivative() -> None:
    rng = np.random.default_rng(2)
    arm, y, weight = np.arange(30) % 2, (rng.random(30) < 0.4).astype(float), rng.uniform(0.5, 2.0, 30)
    fit = risk_ratio.STATISTIC.fitter(y[None], plug_ins.design(arm), weight)

    def logarithm(w):
        return log(np.average(y[arm == 1], weights=w[arm == 1]) / np.average(y[arm == 0], weights=w[arm == 0]))

    assert fit.theta[0] == pytest.approx(logarithm(weight), rel=1e-12)
    for i in (0, 7, 20):
        assert plug_ins.derivative(logarithm, weight, i) == pytest.approx(fit.influence[0, i], rel=1e-5, abs=1e-9)


def test_an_llm_that_knows_no_event_in_an_arm_leaves_the_other_arms_answers() -> None:
    data = plug_ins.table(3, arms=True, binary=True, covariates=False)
    said = np.where(data.arm.codes == 1, 0.0, data.predictions[0].values)
    found = plug_ins.answered(replace(data, predictions=(replace(data.predictions[0], values=said),)), "risk_ratio")
    estimate = found.estimates[0]
    assert estimate.llm_only.estimate == pytest.approx(0.0, abs=1e-200)
    assert 0.5 < estimate.result.estimate / estimate.human_only.estimate < 2.0
    turned = np.where(data.arm.codes == 0, 0.0, data.predictions[0].values)
    found = plug_ins.answered(replace(data, predictions=(replace(data.predictions[0], values=turned),)), "risk_ratio")
    assert found.estimates[0].llm_only is None or found.estimates[0].llm_only.estimate > 1e200


def test_one_arm_and_margins_are_refused() -> None:
    with pytest.raises(CalibrationError) as refused:
        plug_ins.answered(plug_ins.table(4, binary=True), "risk_ratio")
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/plan/estimand/statistic", "too_few_arms")]
    with pytest.raises(CalibrationError) as refused:
        plug_ins.answered(
            plug_ins.table(4, arms=True, binary=True), "risk_ratio", alternative="equivalence", margin=0.2
        )
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/plan/margin", "unsupported_combination")]
