"""twin_arms: two published randomised studies with a language-model twin of every person (12 cases), to 1e-10."""

from __future__ import annotations

import pytest

from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.oracles.twin_arms import ABSENT, FOLDER, arms_of
from tests.oracles.twin_arms import CASES as EXPECTED

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
CLOSE = {"rel": 1e-10, "abs": 1e-12}


def study(case: str) -> Sample:
    return from_arrays([ArmArrays(*arm) for arm in arms_of(case)])


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
