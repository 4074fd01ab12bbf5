from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import NotIdentified, UnsupportedCombination
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import from_table
from service.calibration.plan import Costs, Model, Plan
from service.calibration.response_propensity import modelled, share_of_size
from service.calibration.sample import Sample
from tests.calibration.nonresponse import Asked, sample, table

PROPENSITY = "response_propensity"


def arms(human: list[float], llm: list[float], more: list[float] | None = None) -> Sample:
    only = None if more is None else np.array(more)
    return from_arrays([ArmArrays("all", np.array(human), np.array(llm), only)], PROPENSITY)


def numbers(found: Sample, plan: Plan = Plan()) -> tuple[float, float]:  # noqa: B008 - frozen
    result = calibrate(found, plan).estimates[0].result
    return result.estimate, result.standard_error


def test_a_sample_in_which_everybody_answered_is_as_it_was() -> None:
    everybody = arms([1.0, 2.0, 4.0, 3.0], [1.0, 2.0, 3.0, 3.0], [2.0, 3.0, 1.0])
    assert modelled(everybody) is everybody
    assert everybody.unanswered == ()
    assert [w.code for w in everybody.warnings] == ["few_humans", "no_missing_answers"]
    answer = calibrate(everybody, Plan())
    assert answer.missing_answers is None
    assert "missing_at_random" not in [a.name for a in answer.assumptions]


def test_missing_at_random_is_stated_and_the_claim_stays() -> None:
    answer = calibrate(sample(Asked(200), 1), Plan())
    stated = {a.name: a for a in answer.assumptions}
    assert (stated["missing_at_random"].status, stated["missing_at_random"].p_value) == ("assumed", None)
    assert "cannot be tested" in stated["missing_at_random"].statement
    assert "exchangeability" not in stated
    assert (answer.claim, answer.estimates[0].verdict) == ("confirmatory", "llm_used")


def test_llm_only_units_are_tested_against_everybody_asked() -> None:
    """People who answer differ from those who do not: against them alone the test would reject."""
    asked = Asked(600, llm_only=1200, strength=2.0)
    status = {a.name: a.status for a in calibrate(sample(asked, 2), Plan()).assumptions}
    assert status["exchangeability"] == "not_rejected"
    (complete,) = from_table(table(asked, 2), "drop_unit")
    assert {a.name: a.status for a in calibrate(complete, Plan()).assumptions}["exchangeability"] == "rejected"


def test_answering_that_has_nothing_to_do_with_anything_leaves_the_weights_nearly_even() -> None:
    found = modelled(sample(Asked(2000, strength=0.0), 3))
    assert share_of_size(found, 0) > 0.99
    assert found.response[0].lowest > 0.5


def test_affine_changes_of_columns_change_nothing() -> None:
    sent = table(Asked(120, arms=2), 4)
    moved = replace(
        sent,
        predictions=(replace(sent.predictions[0], values=1e4 - 250.0 * sent.predictions[0].values),),
        covariates=(("x", 3e-4 * sent.covariates[0][1] + 7.0),),
    )
    (one,), (other,) = (from_table(t, PROPENSITY) for t in (sent, moved))
    plan = Plan(estimator="regression")
    assert numbers(one, plan) == pytest.approx(numbers(other, plan), rel=1e-9)


def test_the_order_of_rows_and_arms_changes_nothing() -> None:
    sent = table(Asked(120, arms=2, weights=True), 5)
    order = np.random.default_rng(0).permutation(120)
    assert sent.arm is not None
    assert sent.human is not None
    assert sent.survey.weight is not None
    mixed = replace(
        sent,
        outcomes=(("y", sent.outcomes[0][1][order]),),
        predictions=(replace(sent.predictions[0], values=sent.predictions[0].values[order]),),
        covariates=(("x", sent.covariates[0][1][order]),),
        arm=Labels(sent.arm.codes[order], sent.arm.names),
        survey=Survey(weight=sent.survey.weight[order]),
    )
    (one,), (other,) = (from_table(t, PROPENSITY) for t in (sent, mixed))
    forth, back = Plan(control="control"), Plan(control="treated")
    assert numbers(one, forth) == pytest.approx(numbers(other, forth), rel=1e-10)
    estimate, error = numbers(other, back)
    assert (-estimate, error) == pytest.approx(numbers(one, forth), rel=1e-10)


def test_weights_of_any_size_and_one_arm_without_missing_answers() -> None:
    sent = table(Asked(160, arms=2, weights=True), 6)
    assert sent.arm is not None
    assert sent.survey.weight is not None
    y = sent.outcomes[0][1].copy()
    treated = sent.arm.codes == 1
    y[treated & np.isnan(y)] = 1.5
    sent = replace(sent, outcomes=(("y", y),))
    (one,) = from_table(sent, PROPENSITY)
    assert [u is None for u in one.unanswered] == [False, True]
    (other,) = from_table(replace(sent, survey=Survey(weight=1e3 * sent.survey.weight)), PROPENSITY)
    assert numbers(one) == pytest.approx(numbers(other), rel=1e-10)
    assert modelled(one).response[1].lowest == 1.0


def test_too_few_of_either_kind_are_refused_arm_by_arm() -> None:
    nan = float("nan")
    sent = [
        ArmArrays("a", np.array([1.0, 2.0, 3.0, 5.0, nan, nan]), np.array([1.0, 2.0, 2.0, 4.0, 3.0, 2.0])),
        ArmArrays("b", np.array([1.0, 2.0, nan, 5.0, 4.0, nan]), np.array([1.0, 2.0, 2.0, 4.0, 3.0, 2.0])),
    ]
    with pytest.raises(NotIdentified) as refused:
        calibrate(from_arrays(sent, PROPENSITY), Plan())
    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/data/arms/0/human", "propensity_not_estimable"),
        ("/data/arms/1/human", "propensity_not_estimable"),
    ]
    assert "2 did not answer" in refused.value.problems[0].detail
    with pytest.raises(NotIdentified, match="3 answered"):
        calibrate(_two_columns(), Plan(estimator="human_only"))


def _two_columns() -> Sample:
    sent = table(Asked(30), 7)
    y = sent.outcomes[0][1].copy()
    y[np.flatnonzero(np.isfinite(y))[3:]] = np.nan
    (found,) = from_table(replace(sent, outcomes=(("y", y),)), PROPENSITY)
    return found


def test_columns_that_tell_everybody_apart_are_refused() -> None:
    nan = float("nan")
    found = arms([1.0, 2.0, 4.0, 3.0, 2.0, nan, nan, nan, nan], [1.0, 2.0, 1.5, 2.5, 1.2, 3.0, 4.0, 3.5, 5.0])
    with pytest.raises(NotIdentified, match="apart completely"):
        calibrate(found, Plan())


def test_a_column_that_says_nothing_or_is_rare_is_left_out_of_the_propensity() -> None:
    sent = table(Asked(60), 8)
    rare = np.zeros(60)
    rare[np.flatnonzero(np.isnan(sent.outcomes[0][1]))[:2]] = 1.0
    more = (*sent.covariates, ("rare", rare), ("constant", np.ones(60)), ("again", 2.0 * sent.covariates[0][1]))
    (found,) = from_table(replace(sent, covariates=more), PROPENSITY)
    (plain,) = from_table(sent, PROPENSITY)
    assert modelled(found).response[0].probability == pytest.approx(modelled(plain).response[0].probability, rel=1e-9)


def test_doubts() -> None:
    few = modelled(sample(Asked(20, strength=0.5), 1))
    assert "few_for_propensity" in [w.code for w in few.warnings]
    steep = modelled(sample(Asked(300, strength=3.0), 9))
    assert [w.code for w in steep.warnings] == ["extreme_response_weights"]
    assert modelled(sample(Asked(300, strength=0.5), 9)).warnings == ()


@pytest.mark.parametrize(
    ("plan", "pointers"),
    [
        (Plan(estimand="quantile", quantiles=(0.5,)), ["/plan/estimand"]),
        (Plan(estimator="ppi", interval="bootstrap"), ["/plan/estimator", "/plan/interval"]),
        (Plan(compare=True, compat=True, inference_population="sample", model_selection="best"), 4),
        (Plan(costs=Costs(5.0, 0.1)), ["/plan/costs"]),
    ],
)
def test_what_is_not_computed_is_listed_with_what_is(plan: Plan, pointers: list[str] | int) -> None:
    with pytest.raises(UnsupportedCombination) as refused:
        calibrate(sample(Asked(100), 1), plan)
    own = [p for p in refused.value.problems if "response_propensity" in p.detail]
    assert [p.pointer for p in own] == pointers if isinstance(pointers, list) else len(own) == pointers
    assert all(p.hint.startswith("supported: ") for p in own)


def test_models_and_survey_designs_are_refused() -> None:
    sent = table(Asked(100), 1)
    (of_terms,) = from_table(sent, PROPENSITY, Reading(model=Model(("x",))))
    with pytest.raises(UnsupportedCombination, match="response_propensity"):
        calibrate(of_terms, Plan(estimand="linear", model=Model(("x",))))
    ids, chance = np.arange(100.0) % 20, np.full(100, 0.5)
    for name, survey in (
        ("cluster", Survey(cluster=ids)),
        ("stratum", Survey(stratum=ids % 2)),
        ("sampling_probability", Survey(sampling_probability=chance)),
    ):
        (found,) = from_table(replace(sent, survey=survey), PROPENSITY)
        with pytest.raises(UnsupportedCombination) as refused:
            calibrate(found, Plan())
        assert f"/data/{name}" in [p.pointer for p in refused.value.problems]


def test_shares_of_categories_still_sum_to_one() -> None:
    sent = table(Asked(200), 2)
    y = sent.outcomes[0][1]
    answers = Labels(np.where(np.isnan(y), -1, (np.nan_to_num(y) > 1.0).astype(int)), ("no", "yes"))
    said = Labels((sent.predictions[0].values > 0.0).astype(int), ("no", "yes"))
    chosen = replace(sent, outcomes=(("y", answers),), predictions=(replace(sent.predictions[0], values=said),))
    samples = from_table(chosen, PROPENSITY, Reading(Categories()))
    answer = calibrate(samples, Plan(estimand="proportions", estimator="regression"))
    assert sum(e.result.estimate for e in answer.estimates) == pytest.approx(1.0, abs=1e-12)
    assert answer.missing_answers is not None
    assert len(answer.missing_answers.arms) == 1
    assert [e.component for e in answer.missing_answers.estimates] == ["no", "yes"]
    assert all(e.worst_case is not None for e in answer.missing_answers.estimates)
