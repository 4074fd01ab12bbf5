from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.checks.fidelity_marginal import said, spread_and_mean, welch
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.distances import Answers
from service.calibration.diagnostics.layouts import of_arrays, of_moments, of_table
from service.calibration.layouts.choices import ArmChoices
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.moments import Entry, MomentData
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, correlated, measure, only

NAME = "fidelity_marginal"


def found(*arms, **settings):
    return only(card(arms, NAME, settings=Settings(**settings)))


def test_the_example_of_the_contract() -> None:
    finding = found(arm([3, 4, 2, 5], None, [3, 3, 4]))
    assert finding.status == "warn"
    assert measure(finding, "dispersion_ratio").value == pytest.approx(0.447, abs=5e-4)
    assert finding.statement.startswith("Exploratory: ")
    assert found(arm([3, 4, 2, 5], None, [2, 5, 4])).status == "not_testable"


def test_another_distribution_warns_and_the_same_passes() -> None:
    assert found(correlated(1, 200, 400)).status == "pass"
    assert found(correlated(1, 200, 400, shift=0.8)).status == "warn"
    small = found(correlated(2, 4000, 9000, shift=0.1))
    assert (small.status, "small difference" in small.statement) == ("pass", True)


def test_pairs_are_used_where_there_is_no_llm_only_unit() -> None:
    data = correlated(3, 80, 0)
    finding = found(data)
    expected = stats.ttest_rel(data.llm, data.human)
    gap = measure(finding, "mean_difference")
    assert (gap.value, gap.p_value) == pytest.approx(((data.llm - data.human).mean(), expected.pvalue))
    assert (gap.interval.lower, gap.interval.upper) == pytest.approx(tuple(expected.confidence_interval()))
    assert said(of_arrays([data]).views[0], "llm", 0).paired


def test_the_dispersion_ratio_covers() -> None:
    generator, covered = np.random.default_rng(4), np.zeros(2)
    for _ in range(400):
        person = generator.normal(size=100)
        y, f = person + generator.normal(size=100), 0.7 * (person + generator.normal(size=100))
        for k, paired in enumerate((False, True)):
            other = f if paired else generator.normal(size=100) * 0.7 * np.sqrt(2)
            ratio = spread_and_mean(Answers(y, other, paired), 0.95)[0].interval
            covered[k] += ratio.lower <= 0.7 <= ratio.upper
    assert (covered / 400 > 0.95 - 3 * 0.011).all()


def test_constant_answers_have_no_ratio_and_no_interval() -> None:
    finding = found(arm(np.arange(20.0), None, [9.0] * 20))
    assert finding.status == "warn"
    assert (measure(finding, "dispersion_ratio").value, measure(finding, "dispersion_ratio").interval) == (0.0, None)
    finding = found(arm([2.0] * 20, None, [2.0] * 20))
    assert "dispersion_ratio" not in [m.name for m in finding.measures]
    assert measure(finding, "mean_difference").p_value == 1.0
    assert welch(0.0, 0.0, 4, 5) == (0.0, 7.0)


def test_too_few_answers_of_either_are_not_testable() -> None:
    assert found(arm([], None, [1, 2, 3])).status == "not_testable"
    assert found(arm([1, 2, 3], None, [1])).status == "not_testable"
    assert found(arm([1, 2, 3])).status == "not_testable"


def test_clusters_take_intervals_and_tests_away() -> None:
    y, f = correlated(5, 60, 0).human, correlated(5, 60, 0).llm
    survey = Survey(cluster=np.arange(60.0) // 3)
    finding = only(diagnose(of_table(Table((("y", y),), (PredictionColumn(f),), survey=survey)), Settings(), [NAME]))
    assert finding.status == "not_testable"
    assert all(m.interval is None and m.p_value is None for m in finding.measures)
    wide = Table((("y", y),), (PredictionColumn(9 * f),), survey=survey)
    assert only(diagnose(of_table(wide), Settings(), [NAME])).status == "warn"


def test_categories_have_total_variation() -> None:
    generator = np.random.default_rng(6)
    names = ("no", "perhaps", "yes")

    def choice(shares, n):
        return Labels(generator.choice(3, n, p=shares), names)

    same = found(ArmChoices("all", choice([0.3, 0.3, 0.4], 150), None, choice([0.3, 0.3, 0.4], 300)))
    other = found(ArmChoices("all", choice([0.3, 0.3, 0.4], 150), None, choice([0.7, 0.2, 0.1], 300)))
    assert (same.status, other.status) == ("pass", "warn")
    assert "choose other categories" in other.statement
    assert [m.name for m in same.measures][:2] == ["total_variation", "jensen_shannon_divergence"]
    paired = found(ArmChoices("all", choice([0.3, 0.3, 0.4], 90), choice([0.3, 0.3, 0.4], 90)))
    assert paired.status == "pass"
    few = found(ArmChoices("all", choice([0.3, 0.3, 0.4], 9), choice([0.3, 0.3, 0.4], 9)))
    assert few.status == "not_testable"


def test_probabilities_are_no_answers() -> None:
    y = Labels(np.arange(12) % 2, ("no", "yes"))
    table = Table((("y", y),), (PredictionColumn(np.linspace(0.1, 0.9, 12), category="no"),))
    assert only(diagnose(of_table(table), Settings(), [NAME])).status == "not_testable"


def test_one_draw_of_several_is_read() -> None:
    draws = [np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])]
    columns = tuple(PredictionColumn(d, draw=k) for k, d in enumerate(draws))
    view = of_table(Table((("y", np.array([1.0, 2, np.nan, np.nan])),), columns)).views[0]
    assert said(view, "llm", 0).f.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("unpaired", [True, False])
def test_moments_give_difference_and_ratio(unpaired) -> None:
    data = correlated(7, 60, 90, shift=0.5)
    rows = np.array([data.human, data.llm])
    entry = Entry("all", 60, rows.mean(axis=1), np.cov(rows))
    only_ = (Entry("all", 90, np.array([data.llm_only.mean()]), np.atleast_2d(np.cov(data.llm_only))),)
    sent = MomentData((("llm", None),), (entry,), only_ if unpaired else ())
    finding = only(diagnose(of_moments(sent), Settings(), [NAME]))
    other = data.llm_only if unpaired else data.llm
    test = stats.ttest_ind(other, data.human, equal_var=False) if unpaired else stats.ttest_rel(other, data.human)
    assert measure(finding, "mean_difference").p_value == pytest.approx(test.pvalue)
    assert measure(finding, "dispersion_ratio").value == pytest.approx(other.std(ddof=1) / data.human.std(ddof=1))


def test_moments_of_one_unit_or_of_no_model_are_not_testable() -> None:
    entry = Entry("all", 1, np.zeros(2), np.zeros((2, 2)))
    assert (
        only(diagnose(of_moments(MomentData((("llm", None),), (entry,))), Settings(), [NAME])).status == "not_testable"
    )
    flat = Entry("all", 20, np.zeros(2), np.diag([0.0, 1.0]))
    finding = only(diagnose(of_moments(MomentData((("llm", None),), (flat,))), Settings(), [NAME]))
    assert "dispersion_ratio" not in [m.name for m in finding.measures]


def test_small_subgroups_are_not_tested() -> None:
    data = correlated(1, 60, 0)
    groups = Labels(np.where(np.arange(60) < 5, 0, 1), ("few", "many"))
    table = Table((("y", data.human),), (PredictionColumn(data.llm),), subgroup=groups)
    findings = diagnose(of_table(table), Settings(), [NAME]).findings
    assert [f.status for f in findings] == ["pass", "not_testable", "pass"]
