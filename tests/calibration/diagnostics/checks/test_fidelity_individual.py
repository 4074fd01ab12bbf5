from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_moments, of_table
from service.calibration.layouts.choices import ArmChoices
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.moments import Entry, MomentData
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, correlated, measure, only

NAME = "fidelity_individual"


def test_the_correlation_and_accuracy_are_those_of_the_pairs() -> None:
    data = correlated(1, 200, 0)
    found = only(card([data], NAME))
    measured = measure(found, "ppi_correlation")
    assert found.status == "pass"
    assert measured.value == pytest.approx(np.corrcoef(data.human, data.llm)[0, 1])
    expected = stats.pearsonr(data.human, data.llm).confidence_interval()
    assert (measured.interval.lower, measured.interval.upper) == pytest.approx(tuple(expected), abs=0.03)
    gap = np.abs(data.human - data.llm).mean()
    assert measure(found, "accuracy").value == pytest.approx(1 - gap / np.ptp(data.human))


def test_intervals_cover_and_a_worthless_llm_seldom_passes() -> None:
    generator, rho, n, replicates = np.random.default_rng(11), 0.5, 20, 600
    covered = passed = 0
    for _ in range(replicates):
        f = generator.normal(size=n)
        y = rho * f + np.sqrt(1 - rho**2) * generator.normal(size=n)
        interval = measure(only(card([arm(y, f)], NAME)), "ppi_correlation").interval
        covered += interval.lower <= rho <= interval.upper
        passed += only(card([arm(generator.permutation(y), f)], NAME)).status == "pass"
    assert abs(covered / replicates - 0.95) < 3 * 0.009
    assert passed / replicates < 0.025 + 3 * 0.0064


def test_no_pairs_few_pairs_and_constant_answers_are_not_testable() -> None:
    for data in (arm([3, 4, 2, 5], None, [3, 3, 4]), arm([1, 2, 3], [1, 2, 2]), arm([1, 2, 3, 4], [2, 2, 2, 2])):
        assert only(card([data], NAME)).status == "not_testable"
    names = Labels(np.arange(6) % 2, ("no", "yes"))
    assert only(card([ArmChoices("all", names, names)], NAME)).status == "not_testable"


@pytest.mark.parametrize(
    ("rho", "ceiling", "status", "words"),
    [(0.0, None, "warn", "cannot be told from 0"), (-0.6, None, "warn", "reversed"),
     (0.9, 0.5, "warn", "more than people agree"), (0.6, 0.8, "pass", "correlate at")],
)  # fmt: skip
def test_what_a_correlation_means(rho, ceiling, status, words) -> None:
    settings = Settings(test_retest={} if ceiling is None else {"y": ceiling})
    found = only(card([correlated(3, 150, 0, rho)], NAME, settings=settings))
    assert found.status == status
    assert words in found.statement
    if ceiling is not None:
        r = measure(found, "ppi_correlation").value
        assert measure(found, "share_of_ceiling").value == pytest.approx(r / ceiling)


def test_a_copy_correlates_at_one() -> None:
    measured = measure(only(card([arm([1, 2, 3, 5], [1, 2, 3, 5])], NAME)), "ppi_correlation")
    assert (measured.value, measured.p_value) == (1.0, 0.0)


def test_moments_give_the_correlation_and_fishers_interval() -> None:
    data = correlated(5, 50, 0)
    rows = np.array([data.human, data.llm])
    entry = Entry("all", 50, rows.mean(axis=1), np.cov(rows))
    found = only(diagnose(of_moments(MomentData((("llm", None),), (entry,))), Settings(), [NAME]))
    measured = measure(found, "ppi_correlation")
    assert measured.value == pytest.approx(np.corrcoef(rows)[0, 1])
    half = stats.t.ppf(0.975, 47) / np.sqrt(47)
    assert np.arctanh(measured.interval.upper) == pytest.approx(np.arctanh(measured.value) + half)
    assert [m.name for m in found.measures] == ["ppi_correlation"]


def test_clusters_widen_the_interval() -> None:
    data = correlated(6, 40, 0)
    y, f = np.repeat(data.human, 3), np.repeat(data.llm, 3)
    table = Table((("y", y),), (PredictionColumn(f),), survey=Survey(cluster=np.repeat(np.arange(40.0), 3)))
    found = only(diagnose(of_table(table), Settings(), [NAME]))
    alone = measure(only(card([data], NAME)), "ppi_correlation").interval
    interval = measure(found, "ppi_correlation").interval
    assert interval.upper - interval.lower == pytest.approx(alone.upper - alone.lower, rel=0.06)
    few = Table((("y", y),), (PredictionColumn(f),), survey=Survey(cluster=np.arange(120.0) // 60))
    assert measure(only(diagnose(of_table(few), Settings(), [NAME])), "ppi_correlation").interval.lower < 0
