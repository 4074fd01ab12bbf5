from __future__ import annotations

import pytest

from service.calibration.contrast import differences, each_arm
from service.calibration.errors import InvalidPlan
from service.calibration.plan import NamedContrast
from tests.calibration.studies import problems

ARMS = ("a", "b", "c")


def test_each_arm_is_itself() -> None:
    assert [(c.name, c.weights.tolist()) for c in each_arm(ARMS[:2])] == [("a", [1, 0]), ("b", [0, 1])]


def test_every_arm_against_the_first() -> None:
    found = [(c.name, c.weights.tolist()) for c in differences(ARMS, None)]
    assert found == [("b - a", [-1, 1, 0]), ("c - a", [-1, 0, 1])]


def test_named_contrasts_keep_their_names_and_order() -> None:
    named = (NamedContrast("x", {"c": 1.0, "a": -1.0}), NamedContrast("y", {"b": 2.0, "a": -1.0, "c": -1.0}))
    assert [(c.name, c.weights.tolist()) for c in differences(ARMS, named)] == [("x", [-1, 0, 1]), ("y", [-1, 2, -1])]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ((), [("/plan/contrasts", "empty_contrast")]),
        ((NamedContrast("x", {"a": 0.0}),), [("/plan/contrasts/0/weights", "empty_contrast")]),
        ((NamedContrast("x", {"a": 1.0}),), [("/plan/contrasts/0/weights", "contrast_sum")]),
        ((NamedContrast("x", {"a": 1.0, "b": -1.0}),) * 2, [("/plan/contrasts/1/name", "duplicate_contrast")]),
        ((NamedContrast("x", {"a": 1.0, "z/y": -1.0}),), [("/plan/contrasts/0/weights/z~1y", "unknown_arm")]),
    ],
)
def test_refusals(named: tuple[NamedContrast, ...], expected: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidPlan) as refused:
        differences(ARMS, named)
    assert problems(refused.value) == expected
