from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan
from service.calibration.published.quantile import inverted, p_value, rectified
from service.calibration.quantiles.as_published import asked
from service.calibration.sample import Sample
from tests.calibration.quantiles.studies import ONE, SAMPLES, surveyed
from tests.calibration.studies import problems, simulate

ROWS = ONE.y[0], ONE.c[0][0], ONE.llm_only[0][0]
PUBLISHED = Plan(estimand="quantile", estimator="ppi", quantiles=(0.5,), compat=True)
RATINGS = np.repeat([1.0, 2.0, 4.0], [20, 160, 20])


def answered(sample: Sample, **plan) -> Answer:
    return calibrate(sample, replace(PUBLISHED, **plan))


def ratings(**plan) -> Answer:
    """Humans and LLM agree, and .1 is at 1, .9 at 2."""
    return answered(from_arrays([ArmArrays("all", RATINGS, np.roll(RATINGS, 1), np.repeat(RATINGS, 5))]), **plan)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"compat": True, "estimator": "ppi"}, True),
        ({"compat": True, "estimator": "regression"}, False),
        ({"estimator": "ppi"}, False),
    ],
)
def test_the_published_form_is_asked_for_by_compat_and_ppi(plan: dict, *, expected: bool) -> None:
    assert asked(Plan(**plan)) is expected


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_published_numbers_stand_in_the_answer(level: float) -> None:
    answer = answered(ONE.sample(), quantiles=(0.2, 0.5), confidence_level=level, null_value=2.0)
    assert [e.component for e in answer.estimates] == ["q=0.2", "q=0.5"]
    for block, arm, q in zip(answer.estimates, answer.arms, (0.2, 0.5), strict=True):
        function = rectified(*ROWS, q)
        found, near = inverted(function, level), inverted(function, 0.6826894921370859)
        result = block.result
        assert (result.estimate, result.interval.lower, result.interval.upper) == (
            *(found.estimate, found.lower, found.upper),
        )
        assert (result.interval.method, result.interval.level, result.df) == ("normal", level, None)
        assert result.standard_error == (near.upper - near.lower) / 2.0
        assert result.p_value == p_value(function, 2.0)
        assert arm.mean == replace(result, p_value=None)
        assert arm.predictions[0].tuning == 1.0
    assert answer.applied.compat
    assert [w.pointer for w in answer.warnings if w.code == "compat_mode"] == ["/plan/compat"]


@pytest.mark.parametrize("q", [0.3, 0.5, 0.97])
def test_the_variance_ratio_is_of_indicators_at_the_answer_after_the_estimate(q: float) -> None:
    block = answered(ONE.sample(), quantiles=(q,)).estimates[0]
    y, f, only = ROWS
    answers = np.unique(y)[:-1]
    t = next((a for a in answers if a >= block.result.estimate), answers[-1])
    own, shift, part = (y <= t).astype(float), (y <= t).astype(float) - (f <= t), (only <= t).astype(float)
    ratio = (part.var() / len(only) + shift.var() / len(y)) / (own.var() / len(y))
    assert block.variance_ratio == pytest.approx(ratio, rel=1e-12)
    assert block.effective_sample_size == pytest.approx(40.0 / ratio, rel=1e-12)


def test_far_from_0_the_values_are_those_that_were_sent() -> None:
    far = ONE.with_y(lambda y: y + 1e9).with_c(lambda c: c + 1e9)
    rows = far.y[0], far.c[0][0], far.llm_only[0][0]
    assert far.sample().origin != 0.0
    result, found = answered(far.sample()).estimates[0].result, inverted(rectified(*rows, 0.5), 0.95)
    assert [result.estimate, result.interval.lower, result.interval.upper] == pytest.approx(
        [found.estimate, found.lower, found.upper], rel=1e-15
    )


def test_what_stands_beside_is_ours_and_no_end_is_open() -> None:
    published, ours = (answered(ONE.sample(), quantiles=(0.97,), compat=c) for c in (True, False))
    assert published.estimates[0].human_only == ours.estimates[0].human_only
    assert published.estimates[0].llm_only == ours.estimates[0].llm_only
    assert "unbounded_interval" in {w.code for w in ours.warnings}
    assert "unbounded_interval" not in {w.code for w in published.warnings}


def test_an_interval_between_two_answers_is_said_and_nothing_is_tested() -> None:
    answer = ratings()
    result = answer.estimates[0].result
    assert (result.estimate, result.interval.lower, result.interval.upper) == (1.0, 2.0, 2.0)
    assert (result.p_value, result.standard_error) == (None, 0.0)
    assert [w.pointer for w in answer.warnings if w.code == "quantile_between_values"] == ["/plan/compat"]
    assert "q=0.5" in next(w.message for w in answer.warnings if w.code == "quantile_between_values")
    assert "quantile_between_values" not in {w.code for w in ratings(quantiles=(0.9,)).warnings}
    assert "quantile_between_values" not in {w.code for w in ratings(compat=False).warnings}


def test_untested_quantiles_do_not_count_among_adjusted_ones() -> None:
    first, second = ratings(quantiles=(0.5, 0.9), multiplicity="holm").estimates
    assert (first.p_value_adjusted, second.p_value_adjusted) == (None, second.result.p_value)


def test_other_estimators_have_no_published_form_but_ppi_beside_them_has() -> None:
    answer = answered(ONE.sample(), estimator="regression", compare=True)
    assert {w.code for w in answer.warnings} >= {"compat_ignored"}
    assert not answer.applied.compat
    plain = answered(ONE.sample(), estimator="regression", compat=False)
    assert answer.estimates[0].result == plain.estimates[0].result
    assert "compat_ignored" not in {w.code for w in plain.warnings}
    published = answered(ONE.sample()).estimates[0]
    beside = next(a for a in answer.estimates[0].alternatives if a.estimator == "ppi")
    assert (beside.result, beside.variance_ratio) == (published.result, published.variance_ratio)
    arms = answered(SAMPLES["two arms"], estimator="regression", compare=True)
    assert [a.estimator for a in arms.estimates[0].alternatives] == ["auto", "human_only"]


@pytest.mark.parametrize(
    ("sample", "plan", "places", "said"),
    [
        (SAMPLES["two arms"], {}, ["/plan/compat"], "one population"),
        (SAMPLES["twins"], {}, ["/plan/compat"] * 3, "one population"),
        (SAMPLES["two LLMs and a covariate"], {}, ["/plan/compat"], "one complete LLM column"),
        (SAMPLES["one"], {"alternative": "less"}, ["/plan/alternative"], "two_sided"),
        (surveyed(ONE.sample(), 1, weight=True), {}, ["/plan/compat"], "compat without them"),
        (surveyed(ONE.sample(), 2, cluster=True), {}, ["/plan/compat"], "compat without them"),
        (surveyed(ONE.sample(), 3, stratum=True), {}, ["/plan/compat"], "compat without them"),
        (surveyed(ONE.sample(), 4, probability=True), {}, ["/plan/compat"], "compat without them"),
    ],
    ids=["arms", "twins", "columns", "one side", "weights", "clusters", "strata", "probabilities"],
)
def test_what_has_no_published_form_is_refused(sample: Sample, plan: dict, places: list[str], said: str) -> None:
    with pytest.raises(CalibrationError) as refused:
        answered(sample, **plan)
    assert problems(refused.value) == [(place, "unsupported_combination") for place in places]
    assert said in refused.value.problems[0].hint


@pytest.mark.parametrize("m", [None, 1])
def test_a_published_quantile_needs_llm_only_units(m: int | None) -> None:
    with pytest.raises(CalibrationError) as refused:
        answered(simulate(15, (40,), m).sample())
    assert problems(refused.value) == [("/data/arms/0/human", "too_few_llm_only")]
