"""What stands beside a quantile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.estimate import Frame
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.layouts.table import from_table
from service.calibration.quantiles.indicators import cut
from tests.calibration.models import twins
from tests.calibration.quantiles.asking import ask
from tests.calibration.quantiles.studies import SAMPLES, surveyed, tied
from tests.calibration.studies import simulate


def test_one_llms_ppi_correlation_and_fit_are_those_of_the_indicators_at_the_estimate() -> None:
    sample = simulate(31, (80,), 200).sample()
    (found,) = ask(sample, 0.5, estimator="regression")
    block, arm = found.estimates[0], found.arms[0]
    at = cut(sample, block.result.estimate)
    r = np.corrcoef(at.human[0].y, at.human[0].c[0])[0, 1]
    assert block.ppi_correlation == pytest.approx(abs(r), rel=1e-10)
    assert block.models[0].ppi_correlation == pytest.approx(abs(r), rel=1e-10)
    assert arm.r_squared == pytest.approx(r * r, rel=1e-10)
    assert (block.models[0].variance_ratio_without, block.models[0].name) == (1.0, "m0")
    raw = sample.human[0]
    assert arm.predictions[0].dispersion_ratio == pytest.approx(raw.c[0].std() / raw.y.std(), rel=1e-12)
    slope = np.polyfit(at.human[0].c[0], at.human[0].y, 1)[0]
    assert arm.predictions[0].tuning == pytest.approx(slope, rel=1e-10)
    assert (arm.n_human, arm.n_llm_only, arm.component) == (80, 200, "q=0.5")


def test_an_llm_that_says_the_opposite_has_a_negative_correlation() -> None:
    study = simulate(32, (80,), 200)
    (found,) = ask(study.with_c(lambda c: 0.3 - c).sample(), 0.5, estimator="regression")
    assert found.estimates[0].ppi_correlation < -0.2


def test_the_value_of_a_model_is_the_variance_without_it() -> None:
    sample = SAMPLES["two LLMs and a covariate"]
    (found,) = ask(sample, 0.5, estimator="regression")
    block = found.estimates[0]
    t = block.result.estimate
    alone = sample.with_columns([j for j, c in enumerate(sample.columns) if c.model != "m1"])
    (without,) = ask(alone, 0.5, estimator="regression")
    same = without.estimates[0].result.estimate == t
    expected = without.estimates[0].variance_ratio
    ratio = block.models[1].variance_ratio_without
    assert ratio == pytest.approx(expected, rel=1e-9 if same else 0.15)
    assert ratio > block.variance_ratio * 0.9


def test_a_model_without_which_nothing_remains_has_ratio_one() -> None:
    for estimator in ("ppi", "human_only"):
        (found,) = ask(SAMPLES["two arms"], 0.5, estimator=estimator, bounds=(-1e9, 1e9))
        assert found.estimates[0].models[0].variance_ratio_without == 1.0
    (covariate,) = ask(simulate(33, (60,), 200, covariates=1).sample(), 0.5, estimator="ppi")
    assert covariate.estimates[0].models[0].variance_ratio_without == 1.0


@pytest.mark.parametrize("name", SAMPLES)
def test_arms_are_listed_with_their_own_counts(name: str) -> None:
    sample = SAMPLES[name]
    (found,) = ask(sample, 0.5, bounds=(-1e9, 1e9))
    for d, arm in enumerate(found.arms):
        assert (arm.name, arm.n_human) == (sample.arms[d], sample.human[d].n)
        only = sample.llm_only[0 if sample.shared else d]
        assert arm.n_llm_only == (0 if only is None else only.n)
        assert arm.mean.p_value is None


def test_verdicts_are_those_of_any_estimand() -> None:
    cases = {
        "llm_used": (simulate(34, (80,), 200).sample(), {}),
        "human_only_chosen": (simulate(35, (80,), 200, quality=0.0).sample(), {}),
        "human_only_requested": (SAMPLES["one"], {"estimator": "human_only"}),
        "no_pool": (SAMPLES["no LLM-only units"], {}),
    }
    for verdict, (sample, plan) in cases.items():
        (found,) = ask(sample, 0.5, **plan)
        assert {found.estimates[0].verdict, found.arms[0].verdict} == {verdict}


def test_warnings_are_about_indicators_and_not_about_means() -> None:
    skewed = simulate(36, (30,), 100, outcome="skewed").with_y(lambda y: y**4)
    (found,) = ask(skewed.sample(), 0.5, estimator="regression")
    assert "skewed_outcome" not in [w.code for w in found.warnings]
    even = from_arrays([ArmArrays("all", np.arange(30.0), np.arange(30.0), np.arange(90.0) / 3.0)])
    (upper,) = ask(even, 0.94, estimator="regression", bounds=(0.0, 30.0))
    assert "rare_indicator" in [w.code for w in upper.warnings]
    (alone,) = ask(skewed.sample(), 0.94, estimator="human_only", bounds=(0.0, 1e9))
    assert alone.warnings == ()
    (few,) = ask(surveyed(SAMPLES["two arms"], 3, weight=True, stratum=True), 0.5)
    assert "stratum_shares_from_sample" in [w.code for w in few.warnings]
    shared = simulate(37, (40, 40), design="shared").sample()
    (twins,) = ask(shared, 0.5, identification="exchangeability")
    assert "no_llm_only_units" in [w.code for w in twins.warnings]


def test_ties_and_constant_predictions_are_finite() -> None:
    sample = tied(simulate(38, (50, 50), (80, 80))).sample()
    low = replace(sample, human=tuple(replace(s, c=np.full_like(s.c, 9.0)) for s in sample.human))
    (found,) = ask(low, 0.5, estimator="regression", bounds=(1.0, 5.0))
    assert found.estimates[0].verdict == "no_llm"
    assert isinstance(found.resolved.frame, Frame)
    assert "constant_column" in [w.code for w in found.warnings]


def test_a_model_without_which_an_arm_has_no_prediction_has_no_ratio() -> None:
    """Asked for lambda = 1; the second LLM answered under the control condition only."""
    data = twins(seed=3)
    half = replace(data.predictions[0], values=data.predictions[0].values + 0.1, model="half")
    first = tuple(replace(column, model="whole") for column in data.predictions)
    sample = from_table(replace(data, predictions=(*first, half), covariates=()))[0]
    (found,) = ask(sample, 0.5, estimator="ppi", identification="exchangeability")
    ratios = {m.name: m.variance_ratio_without for m in found.estimates[0].models}
    assert ratios["whole"] is None
    assert ratios["half"] == pytest.approx(found.estimates[0].variance_ratio, rel=1e-9)
