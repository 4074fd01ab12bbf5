"""golden/: what ppi-python 0.2.3 and R ipd 0.4.1.9000 answer on one simulated data set (scripts/golden made them)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan

GOLDEN = Path(__file__).parent / "golden"
PPI_PY = json.loads((GOLDEN / "ppi_py_0.2.3.json").read_text())
CLOSE = {"rel": 1e-10}


def column(file: str, name: str) -> np.ndarray:
    with (GOLDEN / file).open() as rows:
        return np.array([float(row[name]) for row in csv.DictReader(rows)])


def answered(**plan) -> Answer:
    arm = ArmArrays("all", column("labelled.csv", "Y"), column("labelled.csv", "f"), column("unlabelled.csv", "f"))
    return calibrate(from_arrays([arm]), Plan(**plan))


def test_power_tuned_in_compat_is_ppi_py_with_its_own_lambda() -> None:
    result = answered(estimator="power_tuned", compat=True, null_value=1.0).estimates[0].result
    assert [result.estimate] == pytest.approx(PPI_PY["mean_point"], **CLOSE)
    assert [[result.interval.lower], [result.interval.upper]] == [
        pytest.approx(end, **CLOSE) for end in PPI_PY["mean_ci95"]
    ]
    assert [result.p_value] == pytest.approx(PPI_PY["mean_pval_null1"], **CLOSE)


def test_ppi_in_compat_is_ppi_py_with_lambda_1() -> None:
    interval = answered(estimator="ppi", compat=True).estimates[0].result.interval
    assert [[interval.lower], [interval.upper]] == [pytest.approx(end, **CLOSE) for end in PPI_PY["mean_lam1_ci95"]]


def test_human_only_is_ppi_py_with_lambda_0_but_for_the_divisor() -> None:
    """ppi-python divides by n where the classical variance divides by n - 1; nothing else differs."""
    result = answered(estimator="human_only", interval="normal").estimates[0].result
    n, (low, high) = 120, (end[0] for end in PPI_PY["mean_lam0_ci95"])
    half = (result.interval.upper - result.interval.lower) / 2.0
    assert result.estimate == pytest.approx((low + high) / 2.0, **CLOSE)
    assert half * np.sqrt((n - 1) / n) == pytest.approx((high - low) / 2.0, **CLOSE)


def test_a_worthless_llm_in_compat_is_ppi_py_with_lambda_0() -> None:
    """Clipping: an LLM that says the opposite gets lambda 0, and then the numbers are those of lambda 0 exactly."""
    arm = ArmArrays("all", column("labelled.csv", "Y"), -column("labelled.csv", "f"), -column("unlabelled.csv", "f"))
    for estimator in ("power_tuned", "arm_tuned"):
        interval = calibrate(from_arrays([arm]), Plan(estimator=estimator, compat=True)).estimates[0].result.interval
        assert [[interval.lower], [interval.upper]] == [pytest.approx(e, **CLOSE) for e in PPI_PY["mean_lam0_ci95"]]


def test_pspa_of_ipd_agrees_to_the_order_of_its_plug_in() -> None:
    """PSPA for a mean is power-tuned with another plug-in: equal up to O(1/n), not to digits."""
    line = next(
        text for text in (GOLDEN / "ipd_0.4.1.9000.txt").read_text().splitlines() if text.startswith("pspa_mean")
    )
    estimate, error = (float(number) for number in line.split()[-2:])
    result = answered(estimator="power_tuned").estimates[0].result
    assert result.estimate == pytest.approx(estimate, abs=0.05 * error)
    assert result.standard_error == pytest.approx(error, rel=0.01)


def test_ppi_reproduces_pspa_at_pspas_own_lambda() -> None:
    """ybar + lambda (fbar_S - fbar_H) with lambda = cov_H / ((1 + n/N) var): the same family, tuned."""
    y, f, only = column("labelled.csv", "Y"), column("labelled.csv", "f"), column("unlabelled.csv", "f")
    human, lam1 = answered(estimator="human_only").estimates[0].result, answered(estimator="ppi").estimates[0].result
    per_lambda = lam1.estimate - human.estimate
    assert per_lambda == pytest.approx(only.mean() - f.mean(), **CLOSE)
    tuned = answered(estimator="power_tuned").estimates[0].result
    lam = (tuned.estimate - human.estimate) / per_lambda
    pooled = np.var(np.concatenate([f, only]), ddof=1)
    assert lam == pytest.approx(np.cov(y, f)[0, 1] / ((1 + len(f) / len(only)) * pooled), **CLOSE)


def test_the_data_are_those_of_the_generator() -> None:
    """The first numbers of scripts/golden/make.py with its seed."""
    x = np.random.default_rng(20260101).normal(size=120)
    assert column("labelled.csv", "X").tolist() == x.tolist()
    assert (len(column("labelled.csv", "Y")), len(column("unlabelled.csv", "f"))) == (120, 600)
