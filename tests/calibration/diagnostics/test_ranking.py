from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.layouts import of_table
from service.calibration.diagnostics.ranking import ranking
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Plan


def table(n: int = 80, m: int = 400, arms: int = 1) -> Table:
    rng = np.random.default_rng(3)
    y = rng.normal(size=n + m)
    good, fair = 0.8 * y + 0.6 * rng.normal(size=n + m), 0.3 * y + rng.normal(size=n + m)
    return Table(
        (("y", np.where(np.arange(n + m) < n, y, np.nan)),),
        (PredictionColumn(fair, "fair"), PredictionColumn(good, "good")),
        arm=None if arms == 1 else Labels(np.arange(n + m) % 2, ("control", "treatment")),
        prediction_design=None if arms == 1 else "independent",
    )


@pytest.mark.parametrize("arms", [1, 2])
def test_scores_are_those_of_the_calibration_and_the_better_model_is_first(arms) -> None:
    data = table(n=80 * arms, arms=arms)
    found = ranking(of_table(data), Settings())
    plan = Plan(estimator="regression", model_selection="best", identification="exchangeability")
    models = {m.name: m.cross_fitted_variance_ratio for m in calibrate(from_table(data), plan).estimates[0].models}
    assert [r.score.model for r in found] == ["good", "fair"]
    assert [r.score.variance_ratio for r in found] == pytest.approx([models["good"], models["fair"]])
    assert found[0].score.p_value < 0.05
    assert [r.fidelity.rank for r in found] == [1, 2]
    assert found[0].fidelity.correlation > 0.6 > found[1].fidelity.correlation
    assert (found[0].score.to_best, found[0].fidelity.to_best) == (None, None)
    assert found[1].score.to_best.beyond_noise
    assert found[1].fidelity.to_best.beyond_noise
    assert diagnose(of_table(data), Settings(), ["leakage"]).models == found


def test_one_model_and_outcomes_that_cannot_be_calibrated_have_none() -> None:
    assert ranking(of_table(replace(table(), predictions=table().predictions[:1])), Settings()) == ()
    assert ranking(of_table(table(n=2)), Settings()) == ()


def test_covariates_save_variance_and_are_no_fidelity() -> None:
    data = table()
    known = data.predictions[1].values
    found = ranking(of_table(replace(data, covariates=(("age", known),))), Settings())
    by_name = {r.score.model: r for r in found}
    plain = {r.score.model: r for r in ranking(of_table(data), Settings())}
    assert by_name["fair"].score.variance_ratio < 0.8 * plain["fair"].score.variance_ratio
    assert by_name["fair"].fidelity.correlation == pytest.approx(plain["fair"].fidelity.correlation)
