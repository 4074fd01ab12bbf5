from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import Diagnosis, diagnose
from service.calibration.diagnostics.layouts import of_table
from service.calibration.heterogeneity import differences
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, measure, only

NAME = "heterogeneity"


def diagnosed(y, f, codes, names=("a", "b", "c", "d"), **settings) -> Diagnosis:
    table = Table((("y", y),), (PredictionColumn(f),), subgroup=Labels(codes, names))
    return diagnose(of_table(table), Settings(**settings), [NAME])


def study(seed: int, bias: tuple[float, ...], n: int = 60):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(bias)), n)
    y = rng.normal(size=codes.size)
    return y, 0.6 * y + np.array(bias)[codes] + 0.6 * rng.normal(size=codes.size), codes


def test_opposite_errors_that_cancel_in_the_whole_are_caught() -> None:
    y, f, codes = study(1, (0.6, -0.6, 0.6, -0.6))
    assert abs((f - y).mean()) < 0.1
    found = diagnosed(y, f, codes).findings
    assert [f.status for f in found] == ["warn"] * 5
    assert [f.place.subgroup for f in found] == [None, "a", "b", "c", "d"]
    assert "differs between subgroups" in found[0].statement


def test_one_bias_for_all_is_no_fault() -> None:
    assert {f.status for f in diagnosed(*study(2, (0.8, 0.8, 0.8, 0.8))).findings} == {"pass"}


def test_numbers_are_those_of_the_subgroups() -> None:
    y, f, codes = study(3, (0.0, 0.2, 0.4), 30)
    found = diagnosed(y, f, codes, ("a", "b", "c")).findings
    gaps = [(f - y)[codes == g] for g in range(3)]
    means, errors = [g.mean() for g in gaps], [stats.sem(g) for g in gaps]
    assert measure(found[0], "bias_q").value == pytest.approx(differences(means, errors, [29.0] * 3).q)
    assert measure(found[0], "largest_subgroup_bias").value == pytest.approx(max(means, key=abs))
    own = measure(found[2], "bias_against_others")
    assert own.value == pytest.approx(means[1] - (means[0] + means[2]) / 2)
    size = np.sqrt(errors[1] ** 2 + (errors[0] ** 2 + errors[2] ** 2) / 4)
    assert own.interval.upper - own.interval.lower == pytest.approx(2 * stats.t.ppf(0.975, 60) * size, rel=0.02)
    assert measure(found[1], "ppi_correlation").value == pytest.approx(np.corrcoef(y[:30], f[:30])[0, 1])
    z = [np.arctanh(np.corrcoef(y[codes == g], f[codes == g])[0, 1]) for g in range(3)]
    q = measure(found[0], "correlation_q")
    assert q.value == pytest.approx(27 * np.var(z) * 3)
    assert q.p_value == pytest.approx(stats.chi2.sf(27 * np.var(z) * 3, 2))


def test_false_alarms_have_the_level_over_all_subgroups() -> None:
    """At most 11 % of 100 studies (Monte Carlo error 2.2 %)."""
    rang = sum(any(f.status != "pass" for f in diagnosed(*study(100 + k, (0.1,) * 4, 15)).findings) for k in range(100))
    assert rang <= 0.11 * 100


def test_what_cannot_be_tested_says_so() -> None:
    assert only(card([arm([1, 2, 3, 4], [1, 2, 2, 3])], NAME)).status == "not_testable"
    y, f, codes = study(4, (0.0, 0.5), 12)
    assert only(diagnosed(y, f, codes, ("a", "b"), min_cell=20)).status == "not_testable"
    whole = np.round(4 * y)
    assert only(diagnosed(whole, whole + 1.0, codes, ("a", "b"))).status == "not_testable"
    constant = diagnosed(y, np.where(codes == 0, 1.0, f), codes, ("a", "b")).findings
    assert "correlation_q" not in [m.name for m in constant[0].measures]
    assert "ppi_correlation" not in [m.name for m in constant[1].measures]
