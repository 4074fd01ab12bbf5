from __future__ import annotations

import importlib
import typing

import pytest

from service.calibration import estimands, estimators
from service.calibration.estimands import ESTIMANDS, estimand
from service.calibration.estimators import ESTIMATORS, estimator
from service.calibration.plan import EstimandName, EstimatorName


@pytest.mark.parametrize(
    ("registry", "vocabulary", "package"),
    [(ESTIMATORS, EstimatorName, estimators), (ESTIMANDS, EstimandName, estimands)],
    ids=["estimators", "estimands"],
)
def test_the_registry_is_the_plans_vocabulary_and_every_name_its_module(registry, vocabulary, package) -> None:
    names = [entry.name for entry in registry]
    assert len(set(names)) == len(names)
    assert set(names) == set(typing.get_args(vocabulary))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    assert all(module.CARD is entry.card for module, entry in zip(modules, registry, strict=True))


@pytest.mark.parametrize(("registry", "find"), [(ESTIMATORS, estimator), (ESTIMANDS, estimand)])
def test_an_entry_is_found_by_its_name_and_nothing_else(registry, find) -> None:
    assert [find(entry.name) for entry in registry] == list(registry)
    with pytest.raises(StopIteration):
        find("magic")


def test_which_are_historical_and_which_fit_every_contrast_anew() -> None:
    assert [e.name for e in ESTIMATORS if e.historical] == [
        "ppi", "power_tuned", "arm_tuned", "difference_in_predictions",
    ]  # fmt: skip
    assert [e.name for e in ESTIMATORS if e.by_contrast] == ["power_tuned", "difference_in_predictions"]
