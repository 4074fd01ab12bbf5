from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.layouts.table import from_table
from service.calibration.plan import Plan
from service.calibration.report import VERDICTS, paragraph
from tests.calibration import nonresponse, plug_ins
from tests.calibration.grouped import grouped
from tests.calibration.studies import Study, simulate

ARMS = simulate(12, (30, 31), (80, 81))
TWINS = simulate(12, (30, 31), 80, design="shared")


def reported(study: Study, **plan) -> tuple[str, Answer]:
    answer = calibrate(study.sample(), Plan(**plan))
    return paragraph(answer), answer


def four(number: float) -> str:
    return f"{number:.4g}"


@pytest.mark.parametrize("study", [ARMS, TWINS], ids=["independent", "twins"])
def test_the_paragraph_holds_this_answers_numbers(study: Study) -> None:
    text, answer = reported(study, confidence_level=0.9, identification="exchangeability")
    first = answer.estimates[0]
    for result in (first.result, first.human_only):
        assert f"90% interval {four(result.interval.lower)} to {four(result.interval.upper)}" in text
        assert f"standard error {four(result.standard_error)}, t with {four(result.df)} degrees of freedom" in text
    assert f"treatment - control for outcome y was {four(first.result.estimate)}" in text
    assert f"The human-only estimate was {four(first.human_only.estimate)}" in text
    assert f"LLM answers alone gave {four(first.llm_only.estimate)}, which is exploratory" in text
    assert f"PPI correlation was {four(first.ppi_correlation)}" in text
    assert f"effective sample size {four(first.effective_sample_size)} against 61 humans used" in text
    personas = 161 if study is ARMS else 80
    assert f"calibrated on 61 human respondents and {personas} LLM-only units" in text
    assert f"estimator regression ({study.design} predictions, identification by exchangeability)" in text
    p_value = next(a.p_value for a in answer.assumptions if a.name == "exchangeability")
    assert f"Exchangeability was not rejected (p = {four(p_value)})." in text
    assert "Assumed without a test: random assignment, random sampling, independent units, no leakage." in text
    assert "LLM answers were used; the claim is confirmatory" in text


def test_digits_follow_the_width_of_the_interval() -> None:
    """A mean near 1985 with a standard error near .03 is not told as 1985, twice."""
    near = replace(ARMS, y=tuple(1985.0 + 0.1 * y for y in ARMS.y))
    text, answer = reported(near, estimand="mean")
    for result in (answer.estimates[0].result, answer.estimates[0].human_only):
        low, high = result.interval.lower, result.interval.upper
        assert f"{result.estimate:.7g} (95% interval {low:.7g} to {high:.7g}, standard error" in text


def test_another_answer_gives_another_paragraph() -> None:
    assert reported(ARMS)[0] != reported(replace(ARMS, y=(ARMS.y[0] + 1.0, ARMS.y[1])))[0]


@pytest.mark.parametrize(
    ("study", "plan"), [(TWINS, {}), (ARMS, {"estimator": "human_only"})], ids=["randomization", "human-only"]
)
def test_llm_only_units_that_were_not_used_are_not_counted(study: Study, plan: dict[str, str]) -> None:
    assert "61 human respondents and 0 LLM-only units" in reported(study, **plan)[0]


def test_a_statistic_is_called_by_its_name() -> None:
    answer = plug_ins.answered(plug_ins.table(1, arms=True), "standardized_mean_difference")
    assert answer.applied.statistic == "standardized_mean_difference"
    assert paragraph(answer).startswith("The standardized mean difference of treatment - control for outcome y was ")


def test_open_ends_and_normal_quantiles() -> None:
    text, answer = reported(ARMS, alternative="greater", interval="normal")
    assert f"95% interval {four(answer.estimates[0].result.interval.lower)} to inf, standard error" in text
    assert ", normal)" in text
    assert "95% interval -inf to " in reported(ARMS, alternative="less")[0]


def test_what_could_not_be_tested_has_no_p_value() -> None:
    text, _ = reported(ARMS.with_c(lambda c: np.full_like(c, 3.0)), estimator="ppi")
    assert "Exchangeability was not testable." in text
    assert "the claim is exploratory" in text


def test_without_any_llm_nothing_is_said_of_it() -> None:
    bare = Study(ARMS.y, tuple(c[:0] for c in ARMS.c), (None, None), ())
    text, _ = reported(bare, estimator="human_only")
    assert "alone gave" not in text
    assert "PPI correlation" not in text
    assert VERDICTS["human_only_requested"] in text


def test_the_sample_at_hand_with_nothing_assumed_is_possible() -> None:
    _, answer = reported(TWINS)
    assert "Assumed" not in paragraph(replace(answer, assumptions=()))


def test_every_verdict_has_its_words() -> None:
    assert set(VERDICTS) == {"llm_used", "human_only_chosen", "human_only_requested", "no_pool", "no_llm"}
    bare = replace(ARMS, llm_only=(None, None))
    assert VERDICTS["no_pool"] in reported(bare)[0]


@pytest.mark.parametrize(("method", "ending"), [("holm", "."), ("max_t", "; intervals are simultaneous.")])
def test_several_estimates_say_how_p_values_were_adjusted(method: str, ending: str) -> None:
    sample = simulate(3, (30, 34, 32), (60, 70, 65)).sample()
    answer = calibrate(sample, Plan(multiplicity=method))
    adjusted = f"{answer.estimates[0].p_value_adjusted:.4g}"
    name = method.replace("_", " ")
    assert f"Over all 2 estimates its p-value adjusted by {name} was {adjusted}{ending}" in paragraph(answer)
    assert "Over all" not in paragraph(calibrate(sample, Plan()))


def test_subgroups_are_compared_in_the_paragraph() -> None:
    answer = calibrate(from_table(grouped(1)), Plan(identification="exchangeability"))
    text, found = paragraph(answer), answer.heterogeneity[0]
    test = f"heterogeneity Q = {four(found.q)}, p = {four(found.p_value)}"
    assert f"It was also estimated in each of 4 subgroups ({test})." in text
    assert "calibrated on 100 human respondents and 60 LLM-only units" in text
    one = replace(answer, heterogeneity=(replace(found, n_subgroups=1, q=None, p_value=None),))
    assert "It was also estimated in one subgroup." in paragraph(one)
    unknown = replace(answer, heterogeneity=(replace(found, q=None, p_value=None),))
    assert "Subgroups were not compared." in paragraph(unknown)


def test_who_did_not_answer_is_told_of_the_estimate_that_the_paragraph_is_about() -> None:
    sent = nonresponse.table(nonresponse.Asked(200), 1)
    (_, y), prediction = sent.outcomes[0], sent.predictions[0]
    whole = np.where(np.array(sent.human), np.nan_to_num(y), np.nan)
    for outcomes, told in (((("y", y), ("z", whole)), True), ((("z", whole), ("y", y)), False)):
        both = replace(sent, outcomes=outcomes, predictions=tuple(replace(prediction, outcome=n) for n, _ in outcomes))
        answer = calibrate(from_table(both, "response_propensity"), Plan())
        assert ("people asked" in paragraph(answer)) is told


def test_an_effect_that_no_shift_takes_away_is_told_without_one() -> None:
    answer = calibrate(nonresponse.sample(nonresponse.Asked(200), 1), Plan())
    assert answer.missing_answers is not None
    (first, *rest) = answer.missing_answers.estimates
    alone = replace(answer.missing_answers, estimates=(replace(first, tipping_delta=None), *rest))
    assert "for the estimate to vanish" in paragraph(answer)
    assert "people asked" in paragraph(replace(answer, missing_answers=alone))
    assert "for the estimate to vanish" not in paragraph(replace(answer, missing_answers=alone))
