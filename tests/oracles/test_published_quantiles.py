"""Published quantiles through the whole path, from ``calibrate`` and over HTTP: golden/ and ppi-python 0.2.3 itself."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.settings import Settings
from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan
from tests.oracles.golden_data import PPI_PY, column
from tests.web.asgi import ask

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its imports warn; ours are tested elsewhere
    from ppi_py import ppi as theirs

APP = create_service(Settings(access_log=False), calibration_parts()).asgi
GOLDEN = column("labelled.csv", "Y"), column("labelled.csv", "f"), column("unlabelled.csv", "f")
QS = (0.2, 0.5, 0.85)
ONE_ERROR = 0.6826894921370859
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def core(rows: Rows, level: float) -> list[tuple]:
    """Point, ends, standard error, and whether the interval lies between values, of every q."""
    plan = Plan(estimand="quantile", quantiles=QS, estimator="ppi", compat=True, confidence_level=level)
    answer = calibrate(from_arrays([ArmArrays("all", *rows)]), plan)
    said = [w.message for w in answer.warnings if w.code == "quantile_between_values"]
    assert sum(w.code == "compat_mode" for w in answer.warnings) == 1
    return [
        (
            *(e.result.estimate, e.result.interval.lower, e.result.interval.upper, e.result.standard_error),
            any(f"{e.component}:" in message for message in said),
        )
        for e in answer.estimates
    ]


def wire(rows: Rows, level: float) -> list[tuple]:
    """The same from a JSON body and its JSON answer."""
    arm = dict(zip(("human", "llm", "llm_only"), (values.tolist() for values in rows), strict=True))
    estimand = {"type": "quantile", "q": QS}
    plan = {"estimand": estimand, "estimator": "ppi", "compat": True, "confidence_level": level}
    body = {"data": {"layout": "arrays", "arms": [{"name": "all", **arm}]}, "plan": plan}
    reply = ask(APP, "POST", "/v1/calibrations", body=json.dumps(body).encode())
    assert reply.status == 200
    answer = reply.json
    assert answer["applied"]["compat"] is True
    said = [w["message"] for w in answer["warnings"] if w["code"] == "quantile_between_values"]
    return [
        (
            *(e["estimate"], e["interval"]["lower"], e["interval"]["upper"], e["standard_error"]),
            any(f"{e['component']}:" in message for message in said),
        )
        for e in answer["estimates"]
    ]


@pytest.mark.parametrize("path", [core, wire])
def test_the_median_of_golden(path) -> None:
    point, low, high, _, between = path(GOLDEN, 0.95)[1]
    assert point == pytest.approx(PPI_PY["median_point"], abs=1e-6)
    assert [low, high] == pytest.approx(PPI_PY["median_ci95"], abs=1e-5)
    assert not between


@pytest.mark.parametrize("digits", [9, 1, 0])
@pytest.mark.parametrize("path", [core, wire])
def test_quantiles_are_ppi_pys_ties_included(path, digits: int) -> None:
    raised = 0
    for seed in range(8):
        rng = np.random.default_rng([seed, digits])
        n, m = 30 + 20 * seed, 80 + 40 * seed
        truth = 3.0 + rng.normal(size=n + m)
        f = np.round(0.8 * truth + 0.5 + 0.5 * rng.normal(size=n + m), digits)
        rows = np.round(truth[:n], digits), f[:n], f[n:]
        for q, (point, low, high, error, between) in zip(QS, path(rows, 0.9), strict=True):
            published = theirs.ppi_quantile_pointestimate(*rows, q, exact_grid=True)
            away = np.abs(theirs._rectified_cdf(*rows, np.array([point, published])) - q)
            assert point == published or (point < published and abs(away[0] - away[1]) < 1e-12)
            try:
                ends = theirs.ppi_quantile_ci(*rows, q, alpha=0.1, exact_grid=True)
            except IndexError:
                raised += 1
                assert between
                continue
            assert ([low, high], between) == (ends.tolist(), False)
            near = np.ravel(_ends(rows, q))
            assert len(near) == 0 or error == pytest.approx((near[1] - near[0]) / 2.0, rel=1e-12)
    assert (raised > 0) is (digits == 0)


def _ends(rows: Rows, q: float) -> list[float]:
    """ppi-python's interval of one standard error; empty where it raises."""
    try:
        return theirs.ppi_quantile_ci(*rows, q, alpha=1.0 - ONE_ERROR, exact_grid=True).tolist()
    except IndexError:
        return []
