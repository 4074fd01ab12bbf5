from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.estimators import ESTIMATORS
from service.calibration.plan import NamedContrast, Plan
from service.calibration.sample import Sample
from tests.calibration.studies import simulate

APPLICABLE = [e for e in ESTIMATORS if not e.by_probability]  # these studies have no sampling probabilities
ARMS = simulate(8, (20, 25), (40, 50), models=2)
THREE = simulate(8, (20, 25, 30), 40, design="shared", models=2, covariates=1)
ONE = simulate(8, (20,), 40)


def codes(sample: Sample, **plan) -> list[str]:
    return [w.code for w in calibrate(sample, Plan(**plan)).warnings]


def test_defaults_of_two_arms() -> None:
    applied = calibrate(ARMS.sample(), Plan()).applied
    assert applied.estimand == "mean_difference"
    assert (applied.estimator, applied.interval, applied.identification) == ("regression", "t", "exchangeability")
    assert (applied.control, applied.confidence_level, applied.alternative) == ("control", 0.95, "two_sided")
    assert (applied.null_value, applied.inference_population, applied.compat) == (0.0, "super", False)
    assert (applied.exchangeability_level, applied.seed, applied.prediction_design) == (0.05, 0, "independent")
    assert applied.contrasts == {"treatment - control": {"control": -1.0, "treatment": 1.0}}


def test_defaults_of_one_population_and_of_twins() -> None:
    one = calibrate(ONE.sample(), Plan()).applied
    assert (one.estimand, one.control, one.contrasts) == ("mean", None, {"control": {"control": 1.0}})
    assert calibrate(THREE.sample(), Plan()).applied.identification == "randomization"


def test_every_arm_against_the_control_by_default() -> None:
    answer = calibrate(THREE.sample(), Plan())
    assert [e.name for e in answer.estimates] == ["treatment - control", "third - control"]
    assert [a.name for a in answer.arms] == ["control", "treatment", "third"]


@pytest.mark.parametrize("estimator", [e.name for e in APPLICABLE])
def test_control_puts_its_arm_first_and_changes_no_mean(estimator: str) -> None:
    plan = Plan(estimator=estimator, identification="exchangeability")
    plain = calibrate(THREE.sample(), plan)
    moved = calibrate(THREE.sample(), replace(plan, control="third"))
    assert [e.name for e in moved.estimates] == ["control - third", "treatment - third"]
    assert [a.name for a in moved.arms] == ["third", "control", "treatment"]
    assert moved.applied.control == "third"
    means = {a.name: a.mean.estimate for a in plain.arms}
    assert {a.name: a.mean.estimate for a in moved.arms} == pytest.approx(means)


def test_contrasts_over_three_arms_are_combinations_of_the_arm_means() -> None:
    weights = {"control": -1.0, "treatment": 0.5, "third": 0.5}
    asked = (
        NamedContrast("both - control", weights),
        NamedContrast("third - treatment", {"third": 1, "treatment": -1}),
    )
    answer = calibrate(THREE.sample(), Plan(estimator="regression", contrasts=asked))
    means = {a.name: a.mean.estimate for a in answer.arms}
    both, pair = answer.estimates
    assert both.result.estimate == pytest.approx(sum(w * means[a] for a, w in weights.items()))
    assert pair.result.estimate == pytest.approx(means["third"] - means["treatment"])
    assert (both.human_sample_size, pair.human_sample_size) == (75, 55)
    assert answer.applied.contrasts["third - treatment"] == {"control": 0.0, "treatment": -1.0, "third": 1.0}
    assert answer.applied.control is None


def test_a_mean_per_arm_is_the_arm_block_with_a_test() -> None:
    answer = calibrate(ARMS.sample(), Plan(estimand="mean", null_value=0.3, alternative="greater"))
    assert [e.name for e in answer.estimates] == ["control", "treatment"]
    for estimate, arm in zip(answer.estimates, answer.arms, strict=True):
        assert arm.mean == replace(estimate.result, p_value=None)
        assert 0.0 < estimate.result.p_value < 1.0
    assert answer.applied.control is None


def test_one_tuning_per_contrast_is_not_the_one_of_the_arms() -> None:
    """power_tuned fits every contrast and every arm anew; arm_tuned has one fit for all."""
    power = calibrate(ARMS.sample(), Plan(estimator="power_tuned"))
    means = {a.name: a.mean.estimate for a in power.arms}
    assert power.estimates[0].result.estimate != pytest.approx(means["treatment"] - means["control"], rel=1e-6)
    arms = calibrate(ARMS.sample(), Plan(estimator="arm_tuned"))
    means = {a.name: a.mean.estimate for a in arms.arms}
    assert arms.estimates[0].result.estimate == pytest.approx(means["treatment"] - means["control"])


@pytest.mark.parametrize("estimator", [e.name for e in APPLICABLE])
def test_compare_adds_every_other_estimator_with_its_own_answer(estimator: str) -> None:
    answer = calibrate(ARMS.sample(), Plan(estimator=estimator, compare=True))
    alternatives = {a.estimator: a for a in answer.estimates[0].alternatives}
    assert list(alternatives) == [e.name for e in APPLICABLE if e.name != estimator]
    human = answer.estimates[0].human_only.standard_error
    for name, alternative in alternatives.items():
        own = calibrate(ARMS.sample(), Plan(estimator=name)).estimates[0]
        assert alternative.result == own.result
        ratio = (alternative.result.standard_error / human) ** 2
        assert alternative.variance_ratio == pytest.approx(ratio)
        assert alternative.effective_sample_size == pytest.approx(45 / ratio)
    assert calibrate(ARMS.sample(), Plan(estimator=estimator)).estimates[0].alternatives == ()


def test_compare_under_compat_answers_as_published() -> None:
    answer = calibrate(ARMS.sample(), Plan(estimator="ppi", compare=True, compat=True))
    methods = {a.estimator: a.result.interval.method for a in answer.estimates[0].alternatives}
    assert methods == {
        **dict.fromkeys(("auto", "regression", "human_only", "recalibrated", "plug_in_bias"), "t"),
        **dict.fromkeys(("power_tuned", "arm_tuned", "difference_in_predictions"), "normal"),
    }
    own = calibrate(ARMS.sample(), Plan(estimator="arm_tuned", compat=True)).estimates[0].result
    assert next(a.result for a in answer.estimates[0].alternatives if a.estimator == "arm_tuned") == own


def test_what_does_not_apply_is_no_alternative() -> None:
    wide = simulate(8, (6, 7), (40, 50), models=5)
    names = [a.estimator for a in calibrate(wide.sample(), Plan(compare=True)).estimates[0].alternatives]
    assert names == [
        *("human_only", "ppi", "power_tuned", "arm_tuned", "difference_in_predictions", "plug_in_bias"),
    ]


def test_the_sample_at_hand_has_a_shorter_interval() -> None:
    results = [
        calibrate(THREE.sample(), Plan(estimator="regression", inference_population=population)).estimates[0].result
        for population in ("super", "sample")
    ]
    assert results[0].estimate == results[1].estimate
    assert results[0].standard_error > results[1].standard_error


def test_the_normal_interval_has_no_df() -> None:
    answer = calibrate(ARMS.sample(), Plan(interval="normal"))
    assert (answer.estimates[0].result.df, answer.estimates[0].result.interval.method) == (None, "normal")
    assert answer.applied.interval == "normal"
    assert answer.estimates[0].human_only.df is None


def test_compat_is_for_historical_estimators_only_and_warned() -> None:
    assert "compat_mode" in codes(ARMS.sample(), estimator="ppi", compat=True)
    assert "compat_mode" not in codes(ARMS.sample(), estimator="regression", compat=True)
    assert calibrate(ARMS.sample(), Plan(estimator="ppi", compat=True)).applied.compat
    assert not calibrate(ARMS.sample(), Plan(estimator="regression", compat=True)).applied.compat
    assert calibrate(ARMS.sample(), Plan(estimator="ppi", compat=True)).applied.interval == "normal"


def test_an_estimator_that_does_harm_is_warned() -> None:
    worse = ARMS.with_c(lambda c: -5.0 * c)
    assert "llm_harms" in codes(worse.sample(), estimator="ppi")
    assert "llm_harms" not in codes(worse.sample(), estimator="regression")


def test_sample_sizes_and_ratios_are_one_definition() -> None:
    estimate = calibrate(ARMS.sample(), Plan(estimator="regression")).estimates[0]
    ratio = (estimate.result.standard_error / estimate.human_only.standard_error) ** 2
    assert estimate.human_sample_size == 45
    assert estimate.variance_ratio == pytest.approx(ratio)
    assert estimate.effective_sample_size == pytest.approx(45 / ratio)


def test_a_variance_of_zero_has_no_effective_sample_size() -> None:
    """An LLM that says the outcome, and a known mean of it: nothing is left to be uncertain about."""
    study = simulate(8, (12,))
    column = replace(study.columns[0], population_mean=0.25)
    answer = calibrate(replace(study, c=(study.y[0][None],), columns=(column,)).sample(), Plan(compare=True))
    estimate = answer.estimates[0]
    assert estimate.result.estimate == pytest.approx(0.25, rel=1e-14)
    assert estimate.effective_sample_size is None
    assert {a.effective_sample_size for a in estimate.alternatives} == {None, 12.0}
    assert "zero_variance" in [w.code for w in answer.warnings]


def test_what_each_model_adds() -> None:
    answer = calibrate(ARMS.sample(), Plan(estimator="regression"))
    human = answer.estimates[0].human_only.standard_error
    for j, block in enumerate(answer.estimates[0].models):
        alone = replace(ARMS.with_c(lambda c, j=j: np.delete(c, j, axis=0)), columns=ARMS.columns[1 - j : 2 - j])
        without = calibrate(alone.sample(), Plan(estimator="regression")).estimates[0].result.standard_error
        assert block.name == f"m{j}"
        assert block.variance_ratio_without == pytest.approx((without / human) ** 2)


def test_without_the_only_model_the_humans_are_left() -> None:
    for estimator in APPLICABLE:
        block = calibrate(ONE.sample(), Plan(estimator=estimator.name)).estimates[0].models[0]
        assert block.variance_ratio_without == 1.0


def test_without_the_only_model_the_covariates_are_left() -> None:
    study = simulate(8, (20, 25), (40, 50), covariates=1)
    ratios = {
        e.name: calibrate(study.sample(), Plan(estimator=e.name)).estimates[0].models[0].variance_ratio_without
        for e in APPLICABLE
    }
    assert 0.0 < ratios["regression"] < 1.0
    assert [ratios[name] for name in ("human_only", "ppi", "power_tuned", "arm_tuned")] == [1.0] * 4


def test_what_a_model_adds_is_unknown_where_the_rest_is_refused() -> None:
    """ppi without the model that speaks for both arms leaves the treatment without any prediction."""
    study = simulate(8, (20, 25), 30, design="shared")
    columns = (study.columns[0], replace(study.columns[1], model="both", arm=None))
    plan = Plan(estimator="ppi", identification="exchangeability")
    blocks = calibrate(replace(study, columns=columns).sample(), plan).estimates[0].models
    assert [(b.name, b.variance_ratio_without is None) for b in blocks] == [("m0", False), ("both", True)]


def test_a_design_only_where_costs_are_given() -> None:
    assert calibrate(ARMS.sample(), Plan()).design is None
