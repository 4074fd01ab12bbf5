"""twin_arms: two published randomised studies with a language-model twin of every person (12 cases), to 1e-10."""

from __future__ import annotations

import csv
import gzip
import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan
from service.calibration.sample import Sample

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / os.environ.get("RECTIFIER_DATA", "../shared/data") / "twin_arms"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the folder twin_arms of RECTIFIER_DATA (default ../shared/data) is absent"
)
EXPECTED = json.loads((FOLDER / "expected.json").read_text())["cases"] if FOLDER.is_dir() else {"no data": {}}
CLOSE = {"rel": 1e-10, "abs": 1e-12}


@cache
def rows() -> list[dict[str, str]]:
    with gzip.open(FOLDER / "arms.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def study(case: str) -> Sample:
    name, variable, twin = case.split("|")
    mine = [r for r in rows() if (r["study"], r["variable"]) == (name, variable)]

    def values(arm: str, labelled: str, column: str) -> np.ndarray:
        return np.array([float(r[column]) for r in mine if (r["D"], r["labeled"]) == (arm, labelled)])

    return from_arrays(
        [
            ArmArrays(label, values(d, "1", "human"), values(d, "1", twin), values(d, "0", twin))
            for d, label in (("0", "control"), ("1", "treatment"))
        ]
    )


@pytest.mark.parametrize("case", EXPECTED)
def test_human_only_is_welch(case: str) -> None:
    result = calibrate(study(case), Plan(estimator="human_only")).estimates[0].result
    expected = EXPECTED[case]["human_only"]
    assert result.estimate == pytest.approx(expected["est"], **CLOSE)
    assert result.standard_error == pytest.approx(expected["se_welch"], **CLOSE)


@pytest.mark.parametrize("case", EXPECTED)
def test_ppi_gives_the_estimate_of_lambda_1(case: str) -> None:
    result = calibrate(study(case), Plan(estimator="ppi")).estimates[0].result
    assert result.estimate == pytest.approx(EXPECTED[case]["ppi_lam1"]["est"], **CLOSE)


@pytest.mark.parametrize("case", EXPECTED)
def test_arm_tuned_in_compat(case: str) -> None:
    answer = calibrate(study(case), Plan(estimator="arm_tuned", compat=True))
    result, expected = answer.estimates[0].result, EXPECTED[case]["double_tuned_armwise"]
    assert result.estimate == pytest.approx(expected["est"], **CLOSE)
    assert result.standard_error == pytest.approx(expected["se"], **CLOSE)
    for arm, name in zip(answer.arms, ("arm0", "arm1"), strict=True):
        assert [arm.mean.estimate, arm.mean.standard_error] == pytest.approx(expected[name], **CLOSE)


@pytest.mark.parametrize("case", EXPECTED)
def test_llm_only_beside_it(case: str) -> None:
    effect = calibrate(study(case), Plan()).estimates[0].llm_only
    expected = EXPECTED[case]["llm_only"]
    assert [effect.estimate, effect.standard_error] == pytest.approx([expected["est"], expected["se_welch"]], **CLOSE)


def test_there_are_twelve_cases() -> None:
    assert len(EXPECTED) == 12
