"""Published numbers through the whole path: golden and twin_arms answered by ``calibrate`` with ``compat``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model, Plan
from tests.oracles.golden_data import PPI_PY, golden, ipd
from tests.oracles.twin_arms import ABSENT, FOLDER, arms_of
from tests.oracles.twin_arms import CASES as EXPECTED

MODEL = Model(("D", "X"))
POINT, ENDS = {"rel": 1e-8, "abs": 1e-9}, {"rel": 1e-7, "abs": 1e-8}


def answer(outcome: str, prediction: str, kind: str, **plan) -> Answer:
    rows = golden(outcome, prediction)
    x = np.hstack([rows.x, rows.x_only])
    y = np.concatenate([rows.y, np.full(len(rows.f_only), np.nan)])
    table = Table(
        (("y", y),),
        (PredictionColumn(np.concatenate([rows.f, rows.f_only])),),
        covariates=(("D", x[1]), ("X", x[2])),
    )
    samples = from_table(table, "error", Reading(None, MODEL))
    return calibrate(samples, Plan(estimand=kind, model=MODEL, compat=True, **plan))


def ends(found: Answer) -> np.ndarray:
    return np.array(
        [[e.result.interval.lower for e in found.estimates], [e.result.interval.upper for e in found.estimates]]
    )


def test_ols_with_one_lambda_is_ppi_python() -> None:
    found = answer("Y", "f", "linear", estimator="power_tuned", tuning="one")
    assert [e.result.estimate for e in found.estimates] == pytest.approx(PPI_PY["ols_point"], **POINT)
    assert ends(found) == pytest.approx(np.array(PPI_PY["ols_ci95"]), **ENDS)


def test_a_lambda_of_each_coefficient_is_ppi_python_with_its_coordinate() -> None:
    found = answer("Y", "f", "linear", estimator="power_tuned")
    assert ends(found)[:, 1] == pytest.approx(np.array(PPI_PY["ols_ci95_coord1"])[:, 1], **ENDS)


def test_logistic_with_one_lambda_is_ppi_python() -> None:
    found = answer("Yb", "fb", "logistic", estimator="power_tuned", tuning="one")
    assert [e.result.estimate for e in found.estimates] == pytest.approx(PPI_PY["logistic_point"], **POINT)
    assert ends(found) == pytest.approx(np.array(PPI_PY["logistic_ci95"]), **ENDS)


def test_logistic_with_lambda_1_is_ipds() -> None:
    estimate, error = ipd("ppi", "logistic")
    found = answer("Yb", "fb", "logistic", estimator="ppi").estimates
    assert [e.result.estimate for e in found] == pytest.approx(estimate, abs=1e-6)
    assert [e.result.standard_error for e in found] == pytest.approx(error, abs=1e-6)


@pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
@pytest.mark.parametrize("case", EXPECTED)
def test_the_joint_regression_on_the_arm_of_twin_arms(case: str) -> None:
    arms = sorted((ArmArrays(*arm) for arm in arms_of(case)), key=lambda arm: arm.name)
    control = next(name for name, *_ in arms_of(case))
    model, sample = Model(treatment=True), from_arrays(arms)
    for estimator, name in (("ppi", "ppi_lam1"), ("power_tuned", "ppi_plusplus")):
        plan = Plan(estimand="linear", model=model, estimator=estimator, compat=True, control=control)
        result, expected = calibrate(sample, plan).estimates[1].result, EXPECTED[case][name]
        assert result.estimate == pytest.approx(expected["est"], rel=1e-6, abs=1e-9)
        assert result.standard_error == pytest.approx(expected["se"], rel=1e-6, abs=1e-9)
        assert [result.interval.lower, result.interval.upper] == pytest.approx(expected["ci95"], rel=1e-6, abs=1e-9)


def test_what_was_never_published_is_refused() -> None:
    rows = golden("Y", "f")
    x = np.hstack([rows.x, rows.x_only])
    y = np.concatenate([rows.y, np.full(len(rows.f_only), np.nan)])
    f = np.concatenate([rows.f, rows.f_only])
    two = (PredictionColumn(f, model="a"), PredictionColumn(f**2, model="b"))
    table = Table((("y", y),), two, covariates=(("D", x[1]), ("X", x[2])))
    plan = Plan(estimand="linear", model=MODEL, estimator="ppi", compat=True)
    with pytest.raises(CalibrationError) as refused:
        calibrate(from_table(table, "error", Reading(None, MODEL)), plan)
    assert {p.pointer for p in refused.value.problems} == {"/plan/compat"}
    alone = replace(table, predictions=two[:1], outcomes=(("y", np.where(np.isnan(y), 0.0, y)),))
    with pytest.raises(CalibrationError) as refused:
        calibrate(from_table(alone, "error", Reading(None, MODEL)), plan)
    assert {p.code for p in refused.value.problems} == {"too_few_llm_only"}
