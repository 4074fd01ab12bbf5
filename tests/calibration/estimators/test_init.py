from __future__ import annotations

import typing

import pytest

from service.calibration.estimators import ESTIMATORS, estimator
from service.calibration.plan import EstimatorName


def test_the_registry_is_the_plans_vocabulary() -> None:
    assert {e.name for e in ESTIMATORS} == set(typing.get_args(EstimatorName))


def test_every_name_is_its_module() -> None:
    assert {e.name: e.fit.__module__.rsplit(".", 1)[1] for e in ESTIMATORS} == {e.name: e.name for e in ESTIMATORS}


def test_which_are_historical_and_which_fit_every_contrast_anew() -> None:
    assert [e.name for e in ESTIMATORS if e.historical] == ["ppi", "power_tuned", "arm_tuned"]
    assert [e.name for e in ESTIMATORS if e.by_contrast] == ["power_tuned"]


def test_a_name_that_is_not_registered() -> None:
    assert estimator("ppi").card.name == "ppi"
    with pytest.raises(StopIteration):
        estimator("magic")
