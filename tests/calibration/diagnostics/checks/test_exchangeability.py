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
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm, card, correlated, measure, only

NAME = "exchangeability"


def test_a_shifted_pool_fails_and_the_same_population_passes() -> None:
    found = only(card([correlated(1, 120, 1200, shift=0.6)], NAME))
    assert (found.status, found.place.model, found.place.arm) == ("fail", "llm", "all")
    assert measure(found, "smd").value == pytest.approx(0.6, abs=0.3)
    assert only(card([correlated(1, 120, 1200)], NAME)).status == "pass"


def test_the_p_value_is_hotellings_and_a_small_gap_only_warns() -> None:
    data = correlated(2, 2000, 8000, shift=0.12)
    found = only(card([data], NAME))
    expected = stats.ttest_ind(data.llm, data.llm_only).pvalue
    assert measure(found, "pool_shift").p_value == pytest.approx(expected)
    assert found.status == "warn"


def test_another_shape_with_the_same_mean_warns() -> None:
    generator = np.random.default_rng(3)
    f, other = generator.normal(size=150), 2.5 * generator.normal(size=900)
    found = only(card([arm(f + generator.normal(size=150), f, other - other.mean() + f.mean())], NAME))
    assert found.status == "warn"
    assert "distributed differently" in found.statement


def test_without_llm_only_units_or_paired_columns_it_is_not_testable() -> None:
    assert only(card([correlated(1, 30, 0)], NAME)).status == "not_testable"
    assert only(card([arm([1, 2, 3], None, [1, 2, 3])], NAME)).status == "not_testable"


def twins(shift: float, **more) -> Table:
    generator = np.random.default_rng(8)
    n, m = 60, 300
    c = generator.normal(size=(2, n + m)) + np.where(np.arange(n + m) < n, 0.0, shift)
    y = np.where(np.arange(n + m) < n, c[0] + generator.normal(size=n + m), np.nan)
    codes = np.where(np.arange(n + m) < n, np.arange(n + m) % 2, -1)
    return Table(
        outcomes=(("trust", y),),
        predictions=tuple(PredictionColumn(v, "gpt", a) for v, a in zip(c, ("a", "b"), strict=True)),
        arm=Labels(codes, ("a", "b")),
        prediction_design="shared",
        **more,
    )


def test_shared_predictions_have_one_pool_and_warn_at_most() -> None:
    (found,) = diagnose(of_table(twins(0.9)), Settings(), [NAME]).findings
    assert (found.status, found.place.arm) == ("warn", None)
    assert "randomization" in found.action


def test_covariates_have_an_entry_of_their_own() -> None:
    age = np.random.default_rng(1).normal(size=360)
    findings = diagnose(of_table(twins(0.0, covariates=(("age", age),))), Settings(), [NAME]).findings
    assert [(f.place.outcome, f.place.model) for f in findings] == [("trust", "gpt"), (None, None)]


def test_clusters_are_read_and_leave_out_the_energy_distance() -> None:
    plain = diagnose(of_table(twins(0.3)), Settings(), [NAME]).findings[0]
    survey = Survey(cluster=np.arange(360.0) // 6)
    found = diagnose(of_table(twins(0.3, survey=survey)), Settings(), [NAME]).findings[0]
    assert "energy_distance" not in [m.name for m in found.measures]
    assert measure(found, "pool_shift").p_value != measure(plain, "pool_shift").p_value


def test_small_subgroups_are_not_tested() -> None:
    groups = Labels(np.where(np.arange(360) < 5, 0, 1), ("few", "many"))
    findings = diagnose(of_table(twins(0.0, subgroup=groups)), Settings(), [NAME]).findings
    assert [(f.place.subgroup, f.status) for f in findings] == [
        (None, "pass"), ("few", "not_testable"), ("many", "pass"),
    ]  # fmt: skip


def test_moments_say_what_rows_say() -> None:
    data = correlated(4, 40, 90, shift=0.4)
    rows = np.array([data.human, data.llm])
    human = Entry("all", 40, rows.mean(axis=1), np.cov(rows))
    only_ = Entry("all", 90, np.array([data.llm_only.mean()]), np.atleast_2d(np.cov(data.llm_only)))
    found = only(diagnose(of_moments(MomentData((("llm", None),), (human,), (only_,))), Settings(), [NAME]))
    expected = only(card([data], NAME))
    assert measure(found, "pool_shift").p_value == pytest.approx(measure(expected, "pool_shift").p_value)
    assert measure(found, "smd").value == pytest.approx(measure(expected, "smd").value)
