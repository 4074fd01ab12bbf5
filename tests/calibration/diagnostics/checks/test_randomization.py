from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_moments, of_table
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.moments import Entry, MomentData
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, measure, only

NAME = "randomization"
N = 120


def study(leak: float, arms: int = 2, n: int = N, design: str = "shared", **more) -> Table:
    """An LLM asked under the first arm that moves by ``leak`` for those who were in it."""
    generator = np.random.default_rng(3)
    codes = np.arange(n) % arms
    f = generator.normal(size=n) + leak * (codes == 0)
    y = f + generator.normal(size=n)
    column = PredictionColumn(f, "gpt", "a" if design == "shared" else None)
    return Table((("y", y),), (column,), arm=Labels(codes, tuple("abc"[:arms])), prediction_design=design, **more)


def findings(table: Table, **settings):
    return diagnose(of_table(table), Settings(**settings), [NAME]).findings


@pytest.mark.parametrize("arms", [2, 3])
def test_a_column_that_knows_the_arm_fails_and_one_that_does_not_passes(arms) -> None:
    (found,) = findings(study(0.0, arms))
    assert found.status == "pass"
    (found,) = findings(study(1.0, arms))
    assert (found.status, found.place.model, found.place.arm) == ("fail", "gpt", None)
    assert "leaked" in found.action or "told the LLM" in found.action


def test_two_arms_are_the_t_test_and_three_the_smallest_of_three() -> None:
    table = study(0.3)
    f, codes = table.predictions[0].values, table.arm.codes
    expected = stats.ttest_ind(f[codes == 0], f[codes == 1]).pvalue
    assert measure(findings(table)[0], "imbalance").p_value == pytest.approx(expected)
    table = study(0.3, 3)
    f, codes = table.predictions[0].values, table.arm.codes
    each = [stats.ttest_ind(f[codes == d], f[codes != d]).pvalue for d in range(3)]
    assert measure(findings(table)[0], "imbalance").p_value == pytest.approx(min(1.0, 3 * min(each)))


def test_a_small_imbalance_of_many_units_warns() -> None:
    (found,) = findings(study(0.12, n=4000))
    assert found.status == "warn"
    assert "adjusted for" in found.action


def test_one_arm_and_independent_predictions_without_covariates_are_not_testable() -> None:
    assert only(card([arm([1, 2, 3], [1, 2, 3])], NAME)).status == "not_testable"
    assert [f.status for f in findings(study(0.0, design="independent"))] == ["not_testable"]


def test_covariates_are_tested_under_independent_predictions() -> None:
    age = np.random.default_rng(1).normal(size=N)
    (found,) = findings(study(1.0, design="independent", covariates=(("age", age),)))
    assert (found.status, found.place.model, found.place.outcome) == ("pass", None, None)
    (found,) = findings(study(0.0, design="independent", covariates=(("age", age + (np.arange(N) % 2)),)))
    assert found.status == "fail"


def test_moments_are_tested_and_constant_columns_are_not() -> None:
    table = study(0.4)
    y, f, codes = table.outcomes[0][1], table.predictions[0].values, table.arm.codes
    entries = [
        Entry("ab"[d], int((codes == d).sum()), rows.mean(axis=1), np.cov(rows))
        for d in range(2)
        for rows in [np.array([y, f])[:, codes == d]]
    ]
    sent = MomentData((("gpt", "a"),), tuple(entries), (), "shared")
    found = only(diagnose(of_moments(sent), Settings(), [NAME]))
    assert measure(found, "imbalance").p_value == pytest.approx(measure(findings(table)[0], "imbalance").p_value)
    flat = Table(table.outcomes, (PredictionColumn(np.ones(N), "gpt", "a"),), table.arm, "shared")
    assert findings(flat)[0].status == "not_testable"


def test_small_subgroups_are_not_tested() -> None:
    groups = Labels(np.where(np.arange(N) < 8, 0, 1), ("few", "many"))
    assert [f.status for f in findings(study(0.0, subgroup=groups))] == ["pass", "not_testable", "pass"]
