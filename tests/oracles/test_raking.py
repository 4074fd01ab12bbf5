"""R's survey 4.1-1: rake() of two margins, with even and uneven base weights, and calibrate() by raking with a mean.

The data are the 183 schools of its example apiclus1 (California Department of Education, 2000).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.layouts.target import Target
from service.calibration.plan import Plan
from service.calibration.transport.transported import transported

R = json.loads(Path("tests/oracles/golden/survey_4.1-1.json").read_text())
N = 6194
TYPES = {"E": 4421 / N, "H": 755 / N, "M": 1018 / N}
RAKED = Target({"stype": TYPES, "wide": {"No": 1072 / N, "Yes": 5122 / N}})
BALANCED = Target({"stype": TYPES, "api99": 3914069 / N})
EVEN = np.full(183, 33.847)


def coded(values: list[str]) -> Labels:
    names = sorted(set(values))
    return Labels(np.array([names.index(v) for v in values]), tuple(names))


def analysed(target: Target, weight: np.ndarray):
    """The weights, scaled to the population as survey scales them, and the answer."""
    covariates = (
        ("stype", coded(R["stype"])),
        ("wide", coded(R["sch_wide"])),
        ("api99", np.array(R["api99"], dtype=float)),
    )
    data = Table(
        (("api00", np.array(R["api00"], dtype=float)),), (), covariates=covariates, survey=Survey(weight=weight)
    )
    samples, plan = from_table(data, "error", Reading(target=target)), Plan(estimator="human_only")
    return transported(samples, plan)[0].human[0].weight * (N / 183), calibrate(samples, plan)


@pytest.mark.parametrize(
    ("target", "weight", "expected", "method"),
    [
        (RAKED, EVEN, "raked", "raking"),
        (RAKED, np.array(R["uneven"]), "raked_uneven", "raking"),
        (BALANCED, EVEN, "balanced", "entropy_balancing"),
    ],
)
def test_weights_are_those_of_survey(target: Target, weight: np.ndarray, expected: str, method: str) -> None:
    found, answer = analysed(target, weight)
    assert np.abs(found - R[expected]).max() < 1e-8
    assert answer.transport.method == method


@pytest.mark.parametrize(("target", "which"), [(RAKED, ""), (BALANCED, "balanced_")])
def test_mean_and_standard_error_are_those_of_svymean(target: Target, which: str) -> None:
    """survey's standard error has no leverage correction: n/(n - 1) in place of about n/(n - 1 - margins)."""
    result = analysed(target, EVEN)[1].estimates[0].result
    assert result.estimate == pytest.approx(R[f"{which}mean"], rel=1e-12)
    assert 1.0 < result.standard_error / R[f"{which}standard_error"] < 1.02
