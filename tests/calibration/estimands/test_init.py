from __future__ import annotations

import typing

import pytest

from service.calibration.estimands import ESTIMANDS, estimand
from service.calibration.plan import EstimandName


def test_the_registry_is_the_plans_vocabulary() -> None:
    assert {e.name for e in ESTIMANDS} == set(typing.get_args(EstimandName))


def test_every_name_is_its_module() -> None:
    modules = {e.name: e.contrasts.__module__.rsplit(".", 1)[1] for e in ESTIMANDS}
    assert modules == {e.name: e.name for e in ESTIMANDS}


def test_a_name_that_is_not_registered() -> None:
    assert estimand("mean").card.name == "mean"
    with pytest.raises(StopIteration):
        estimand("magic")
