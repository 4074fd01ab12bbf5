from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.model_rows import everyone
from service.calibration.plan import Model, Plan
from service.calibration.published.coefficients import power_tuned, ppi
from service.calibration.published.rows import Rows
from service.calibration.republished import asked
from tests.calibration.choices import PRICED, choices
from tests.calibration.models import TERMS, answered, sample, table, twins

KINDS = ("linear", "logistic", "poisson")
ALONE = Model(("x", "d", "z"))


def rows(data) -> Rows:
    made = sample(data, ALONE)
    rows = everyone(made, ALONE, "exchangeability")
    human, only = rows.human, rows.pool.parts[0]
    return Rows(human.design.x, made.human[0].y + made.origin, human.c[0], only.design.x, only.c[0])


def published(data, kind, **plan):
    return answered(data, kind, ALONE, compat=True, **plan)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"compat": True, "estimator": "ppi"}, True),
        ({"compat": True, "estimator": "power_tuned"}, True),
        ({"compat": True, "estimator": "regression"}, False),
        ({"estimator": "ppi"}, False),
    ],
)
def test_a_published_form_is_asked_for_by_compat_and_a_historical_estimator(plan, expected) -> None:
    assert asked(Plan(**plan)) is expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tuning", ["one", "per_arm", None])
def test_the_published_numbers_stand_in_the_answer(kind, tuning) -> None:
    data = table(kind, n=80, m=200)
    plan = {"estimator": "ppi"} if tuning is None else {"estimator": "power_tuned", "tuning": tuning}
    found = ppi(kind, rows(data)) if tuning is None else power_tuned(kind, rows(data), per_coefficient=tuning != "one")
    for j, block in enumerate(published(data, kind, **plan).estimates):
        assert block.result.estimate == pytest.approx(float(found.estimate[j]), rel=1e-12)
        assert block.result.standard_error == pytest.approx(float(found.standard_error[j]), rel=1e-12)
        half = 1.959963984540054 * float(found.standard_error[j])
        ends = (block.result.interval.lower, block.result.interval.upper)
        assert ends == pytest.approx((float(found.centre[j]) - half, float(found.centre[j]) + half), rel=1e-9)
        assert block.result.df is None


@pytest.mark.parametrize("tuning", ["one", "per_arm"])
def test_the_tuning_that_was_used_is_reported_and_the_form_is_warned_of(tuning) -> None:
    data = table(n=80, m=200)
    answer = published(data, "linear", estimator="power_tuned", tuning=tuning)
    expected = power_tuned("linear", rows(data), per_coefficient=tuning != "one").tuning
    assert [arm.predictions[0].tuning for arm in answer.arms] == pytest.approx(expected.tolist(), rel=1e-12)
    assert (len(set(expected.tolist())) == 1) is (tuning == "one")
    assert all(arm.mean.p_value is None for arm in answer.arms)
    assert [w.pointer for w in answer.warnings if w.code == "compat_mode"] == ["/plan/compat"]


def test_variance_ratio_and_effective_size_are_of_the_published_error() -> None:
    data = table(n=80, m=200)
    block = published(data, "linear", estimator="ppi").estimates[1]
    ratio = (block.result.standard_error / block.human_only.standard_error) ** 2
    assert block.variance_ratio == pytest.approx(ratio, rel=1e-12)
    assert block.effective_sample_size == pytest.approx(80.0 / ratio, rel=1e-12)
    ours = answered(data, "linear", ALONE, estimator="ppi").estimates[1]
    assert ours.human_only == block.human_only
    assert ours.result.standard_error != block.result.standard_error


def test_humans_told_apart_without_any_error_have_no_ratio() -> None:
    """Terms of 1 and -1 and 16 humans: the fit is exact in floating point too."""
    data, sign = table(n=16, m=20), np.tile([1.0, -1.0], 18)
    exact = replace(data, outcomes=(("y", np.where(np.arange(36) < 16, sign, np.nan)),), covariates=(("x", sign),))
    block = answered(exact, "linear", Model(("x",)), estimator="power_tuned", tuning="one", compat=True).estimates[1]
    assert (block.human_only.estimate, block.human_only.standard_error) == (1.0, 0.0)
    assert (block.variance_ratio, block.verdict, block.effective_sample_size) == (None, "human_only_chosen", 16.0)


def everybody_answered():
    data = table()
    ((name, y),) = data.outcomes
    return replace(data, outcomes=((name, np.where(np.isnan(y), np.arange(y.size) % 3.0, y)),))


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: published(table(m=1), "linear", estimator="ppi"), "too_few_llm_only"),
        (lambda: published(everybody_answered(), "linear", estimator="ppi"), "too_few_llm_only"),
        (lambda: answered(table(), "linear", TERMS, compat=True, estimator="ppi"), "unsupported_combination"),
        (lambda: answered(twins(), "linear", Model(("x",)), compat=True, estimator="ppi"),
         "unsupported_combination"),
    ],
    ids=["one persona", "no persona", "a covariate beside the LLM", "twins"],
)  # fmt: skip
def test_what_has_no_published_form_is_refused(ask, code) -> None:
    with pytest.raises(CalibrationError) as refused:
        ask()
    assert {p.code for p in refused.value.problems} == {code}


def test_other_estimands_have_no_published_form() -> None:
    plan = Plan(estimand="conditional_logit", model=PRICED, estimator="ppi", compat=True)
    with pytest.raises(CalibrationError) as refused:
        calibrate(choices(4).sample(), plan)
    assert {(p.pointer, p.code) for p in refused.value.problems} == {("/plan/compat", "unsupported_combination")}
