from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_table
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, measure, only

NAME = "draws"


def drawn(icc: float, k: int, n: int = 400):
    rng = np.random.default_rng(2)
    person = rng.normal(size=n)
    draws = [np.sqrt(icc) * person + np.sqrt(1 - icc) * rng.normal(size=n) for _ in range(k)]
    columns = tuple(PredictionColumn(v, draw=j) for j, v in enumerate(draws))
    y = np.where(np.arange(n) < n // 2, person, np.nan)
    return np.array(draws), only(diagnose(of_table(Table((("y", y),), columns)), Settings(), [NAME]))


def test_the_numbers_are_those_of_the_analysis_of_variance() -> None:
    draws, found = drawn(0.5, 3)
    k, m = draws.shape
    between = k * np.var(draws.mean(axis=0), ddof=1)
    within = np.sum((draws - draws.mean(axis=0)) ** 2) / (m * (k - 1))
    icc = (between - within) / (between + (k - 1) * within)
    measured = measure(found, "icc")
    assert measured.value == pytest.approx(icc, rel=1e-9)
    ends = [between / within / stats.f.ppf(p, m - 1, m * (k - 1)) for p in (0.975, 0.025)]
    expected = [(f - 1) / (f + k - 1) for f in ends]
    assert [measured.interval.lower, measured.interval.upper] == pytest.approx(expected, rel=1e-9)
    assert measure(found, "reliability").value == pytest.approx(3 * icc / (1 + 2 * icc))
    assert measure(found, "draws_needed").value == np.ceil(9 * (1 - icc) / icc)
    assert found.status == "pass"
    assert "would have 0.9" in found.statement


def test_noise_is_caught_and_agreement_is_not() -> None:
    assert drawn(0.1, 2)[1].status == "warn"
    steady = drawn(0.95, 2)[1]
    assert steady.status == "pass"
    assert "more draws would hardly change it" in steady.statement
    same = drawn(1.0, 2)[1]
    assert measure(same, "icc").interval is None
    assert measure(same, "draws_needed").value == 1.0


def test_draws_that_have_nothing_in_common() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0])
    columns = (PredictionColumn(values, draw=0), PredictionColumn(values[::-1].copy(), draw=1))
    found = only(diagnose(of_table(Table((("y", values),), columns)), Settings(), [NAME]))
    assert found.status == "warn"
    assert "no more alike" in found.statement


def test_single_draws_are_not_testable() -> None:
    assert only(card([arm([1, 2, 3], [1, 2, 2])], NAME)).status == "not_testable"
