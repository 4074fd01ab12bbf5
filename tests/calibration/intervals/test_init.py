from __future__ import annotations

import typing

import pytest

from service.calibration.intervals import INTERVALS, interval_method
from service.calibration.plan import IntervalMethod, IntervalName


def test_the_registry_is_the_plans_vocabulary_and_every_name_its_module() -> None:
    names = [method.name for method in INTERVALS]
    assert len(set(names)) == len(names)
    assert set(names) == set(typing.get_args(IntervalName))
    assert set(typing.get_args(IntervalMethod)) == {"auto", *names}
    assert [method.pivot.__module__.rsplit(".", 1)[1] for method in INTERVALS] == names


def test_a_method_is_found_by_its_name_and_nothing_else() -> None:
    assert [interval_method(method.name) for method in INTERVALS] == list(INTERVALS)
    with pytest.raises(StopIteration):
        interval_method("magic")


def test_which_use_degrees_of_freedom() -> None:
    assert [m.name for m in INTERVALS if m.uses_df] == ["t", "score", "confidence_sequence"]


@pytest.mark.parametrize("method", INTERVALS, ids=lambda m: m.name)
def test_every_card_is_complete(method) -> None:
    card = method.card
    assert all(card.title and card.formula and card.assumptions and card.limits and card.sources for _ in [0])
