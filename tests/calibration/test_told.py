"""Estimates told on their own scale: every block of an answer, simultaneous intervals and alternatives included."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import pytest

from service.calibration.errors import CalibrationError
from service.calibration.plan import Model
from tests.calibration import models, plug_ins


def test_every_block_is_told_and_ratios_of_variances_stay() -> None:
    data = plug_ins.table(1, arms=True, binary=True, covariates=False)
    ours = plug_ins.answered(data, "odds_ratio", compare=True, estimator="regression")
    theirs = models.answered(data, "logistic", Model(treatment=True), compare=True, estimator="regression")
    told, said = ours.estimates[0], theirs.estimates[1]
    assert told.llm_only.estimate == pytest.approx(exp(said.llm_only.estimate), rel=1e-8)
    error = told.llm_only.standard_error / told.llm_only.estimate
    assert error == pytest.approx(said.llm_only.standard_error, rel=1e-6)
    assert told.models[0].llm_only == told.llm_only
    assert told.variance_ratio == pytest.approx(said.variance_ratio, rel=1e-7)
    assert told.effective_sample_size == pytest.approx(said.effective_sample_size, rel=1e-7)
    assert [a.estimator for a in told.alternatives] == [a.estimator for a in said.alternatives]
    for a, b in zip(told.alternatives, said.alternatives, strict=True):
        assert log(a.result.estimate) == pytest.approx(b.result.estimate, rel=1e-7)
    assert ours.arms[0].mean.estimate == told.result.estimate
    assert ours.arms[0].mean.p_value is None


def test_simultaneous_intervals_are_told_too() -> None:
    data = plug_ins.table(2, arms=True)
    alone = plug_ins.answered(data, "variance").estimates
    together = plug_ins.answered(data, "variance", multiplicity="max_t").estimates
    for one, of_all in zip(alone, together, strict=True):
        assert of_all.result.estimate == pytest.approx(one.result.estimate, rel=1e-12)
        assert 0.0 < of_all.result.interval.lower < one.result.interval.lower
        assert one.result.interval.upper < of_all.result.interval.upper


def test_one_sided_ends_stay_open_and_overflow_is_refused() -> None:
    data = plug_ins.table(3, n=5, covariates=False)
    found = plug_ins.answered(data, "variance", alternative="less", null_value=4.0).estimates[0].result
    assert found.interval.lower is None
    assert found.p_value < 0.5
    with pytest.raises(CalibrationError) as refused:
        plug_ins.answered(data, "variance", confidence_level=1.0 - 1e-15)
    assert [p.code for p in refused.value.problems] == ["numeric_overflow"]


def test_without_an_llm_there_is_nothing_of_it_to_tell() -> None:
    data = replace(plug_ins.table(4, covariates=False), predictions=())
    found = plug_ins.answered(data, "variance", estimator="human_only").estimates[0]
    assert (found.llm_only, found.models) == (None, ())
