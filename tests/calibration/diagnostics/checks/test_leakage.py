from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_moments, of_table
from service.calibration.layouts.choices import ArmChoices
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.moments import Entry, MomentData
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, measure, only

NAME = "leakage"
N = 120


def honest(seed: int = 1, kind: str = "likert") -> tuple[np.ndarray, np.ndarray]:
    """Human answers and an LLM that predicts them at about .6, on 5 points, 0 to 100, or without rounding."""
    generator = np.random.default_rng(seed)
    f = generator.normal(size=N)
    y = 0.6 * f + 0.8 * generator.normal(size=N)
    if kind == "gaussian":
        return y, f
    width, top = (1.0, 5) if kind == "likert" else (20.0, 100)
    return tuple(np.clip(np.round((1 + top) / 2 + width * v), top % 2, top) for v in (y, f))


def found(y, f, settings=Settings()):  # noqa: B008 - frozen
    return only(card([arm(y, f)], NAME, settings=settings))


@pytest.mark.parametrize("kind", ["likert", "slider", "gaussian"])
@pytest.mark.parametrize("seed", range(5))
def test_an_honest_llm_passes(kind, seed) -> None:
    finding = found(*honest(seed, kind))
    assert (finding.status, finding.statement[:7]) == ("pass", "no sign")


@pytest.mark.parametrize("kind", ["likert", "slider", "gaussian"])
def test_a_copy_of_the_answers_fails(kind) -> None:
    y, _ = honest(1, kind)
    finding = found(y, y)
    assert finding.status == "fail"
    assert "are the human answers for 100%" in finding.statement


@pytest.mark.parametrize("kind", ["slider", "gaussian"])
def test_on_a_long_scale_a_third_of_copies_is_enough(kind) -> None:
    y, f = honest(1, kind)
    finding = found(y, np.where(np.arange(N) % 3 == 0, y, f))
    assert finding.status == "warn"
    assert measure(finding, "exact_match_rate").value >= 1 / 3


def test_a_complementary_copy_fails_for_what_it_is() -> None:
    y, _ = honest()
    finding = found(y, 6 - y)
    assert finding.status == "fail"
    assert "on the reversed scale for 100%" in finding.statement
    assert "human answers for" not in finding.statement


def test_a_reversed_scale_warns() -> None:
    y, f = honest(2, "gaussian")
    finding = found(y, -f)
    assert finding.status == "warn"
    assert "reversed" in finding.statement
    assert measure(finding, "correlation").p_value < 1e-6


@pytest.mark.parametrize("kind", ["likert", "gaussian"])
def test_duplicated_rows_fail(kind) -> None:
    y, f = honest(3, kind)
    noise = np.random.default_rng(4).normal(size=N)
    twice = [np.append(v, v[:20]) for v in (y, f, noise)]

    def of(y, f, age):
        table = Table((("y", y),), (PredictionColumn(f),), covariates=(("age", age),))
        return only(diagnose(of_table(table), Settings(), [NAME]))

    assert of(y, f, noise).status == "pass"
    finding = of(*twice)
    assert finding.status == "fail"
    assert "repeat another row" in finding.statement


def test_repeated_rows_within_clusters_are_people_repeating_themselves() -> None:
    y, f = (np.append(v, v[:20]) for v in honest(3, "gaussian"))
    survey = Survey(cluster=np.append(np.arange(120.0), np.arange(20.0)))
    finding = only(diagnose(of_table(Table((("y", y),), (PredictionColumn(f),), survey=survey)), Settings(), [NAME]))
    assert finding.status == "pass"


def test_zero_variance_warns_by_name_paired_or_not() -> None:
    y, f = honest()
    assert found(y, f).status == "pass"
    for finding in (found(y, np.full(N, 50.0)), only(card([arm(y, None, [50.0] * 30)], NAME))):
        assert finding.status == "warn"
        assert "all LLM answers are the same" in finding.statement
    assert "all human answers are the same" in found(np.full(N, 3.0), f).statement
    assert only(card([arm(y, None, [50.0, 49.0])], NAME)).status == "not_testable"


@pytest.mark.parametrize("seed", range(3))
def test_refusals_related_to_the_answer_warn_and_random_ones_do_not(seed) -> None:
    y, f = honest(seed, "gaussian")
    generator = np.random.default_rng(seed)
    random = generator.random(N) < 0.2
    related = generator.random(N) < np.where(y > 0, 0.4, 0.05)
    assert found(y, np.where(random, np.nan, f)).status == "pass"
    finding = found(y, np.where(related, np.nan, f))
    assert finding.status == "warn"
    assert "without an LLM answer" in finding.statement
    expected = y[related].mean() - y[~related].mean()
    assert measure(finding, "refusal_gap").value == pytest.approx(expected / y.std(), rel=0.2)
    assert measure(finding, "refusal_rate").value == pytest.approx(related.mean())


def test_few_refusals_or_constant_answers_tell_nothing_of_refusals() -> None:
    y, f = honest(1)
    f[:2] = np.nan
    assert "refusal_gap" not in [m.name for m in found(y, f).measures]
    f[:9] = np.nan
    assert "refusal_gap" not in [m.name for m in found(np.full(N, 3.0), f).measures]


@pytest.mark.parametrize(("cutoff", "status"), [("2025-06-01", "pass"), ("2026-03-01", "warn"), ("2026-07-01", "warn")])
def test_a_model_that_may_have_read_the_results_warns(cutoff, status) -> None:
    dates = Settings(fieldwork_start=date(2026, 3, 1), model_cutoffs={"llm": date.fromisoformat(cutoff)})
    finding = found(*honest(), settings=dates)
    assert finding.status == status
    assert (
        measure(finding, "days_from_cutoff_to_fieldwork").value == (date(2026, 3, 1) - dates.model_cutoffs["llm"]).days
    )


def choice(values, names=("no", "perhaps", "yes")) -> Labels:
    return Labels(np.asarray(values, dtype=np.int64), names)


def test_categories_are_compared_as_chosen() -> None:
    generator = np.random.default_rng(5)
    y = generator.integers(0, 3, N)
    guess = np.where(generator.random(N) < 0.5, y, generator.integers(0, 3, N))
    assert only(card([ArmChoices("all", choice(y), choice(guess))], NAME)).status == "pass"
    assert only(card([ArmChoices("all", choice(y), choice(y))], NAME)).status == "fail"
    refused = np.where((y == np.bincount(y).argmax()) & (np.arange(N) % 2 == 0), -1, guess)
    finding = only(card([ArmChoices("all", choice(y), choice(refused))], NAME))
    assert "without an LLM answer" in finding.statement


def test_probabilities_match_nothing() -> None:
    y = choice(np.arange(12) % 2, ("no", "yes"))
    table = Table((("y", y),), (PredictionColumn(np.linspace(0.1, 0.9, 12), category="no"),))
    finding = only(diagnose(of_table(table), Settings(), [NAME]))
    assert "exact_match_rate" not in [m.name for m in finding.measures]


def test_moments_know_of_correlation_and_variance_only() -> None:
    def of(covariance):
        entry = Entry("all", 60, np.zeros(2), np.array(covariance))
        return only(diagnose(of_moments(MomentData((("llm", None),), (entry,))), Settings(), [NAME]))

    assert of([[1, 0.5], [0.5, 1]]).status == "pass"
    assert "reversed" in of([[1, -0.5], [-0.5, 1]]).statement
    assert "all LLM answers" in of([[1.0, 0], [0, 0]]).statement


def test_small_subgroups_are_not_tested() -> None:
    y, f = honest()
    groups = Labels(np.where(np.arange(N) < 5, 0, 1), ("few", "many"))
    table = Table((("y", y),), (PredictionColumn(f),), subgroup=groups)
    findings = diagnose(of_table(table), Settings(), [NAME]).findings
    assert [f.status for f in findings] == ["pass", "not_testable", "pass"]


def test_an_llm_asked_for_another_arm_has_no_column_here() -> None:
    y, f = honest()
    half = Labels(np.arange(N) % 2, ("a", "b"))
    columns = (PredictionColumn(f, "gpt", "a"),)
    table = Table((("y", y),), columns, arm=half, prediction_design="shared")
    findings = diagnose(of_table(table), Settings(), [NAME, "fidelity_marginal"]).findings
    assert [(f.place.arm, f.status) for f in findings if f.place.arm == "b"] == [("b", "not_testable")] * 2
