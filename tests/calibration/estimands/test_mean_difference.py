from __future__ import annotations

import pytest

from service.calibration.errors import InvalidPlan
from service.calibration.estimands.mean_difference import contrasts
from service.calibration.plan import NamedContrast, Plan
from tests.calibration.studies import problems

ARMS = ["a", "b", "c/d~e"]


def named(*weights: dict[str, float], names: str = "xyz") -> Plan:
    return Plan(contrasts=tuple(NamedContrast(n, w) for n, w in zip(names, weights, strict=False)))


def refused(plan: Plan, arms: list[str] = ARMS) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as found:
        contrasts(arms, plan)
    assert all(p.hint for p in found.value.problems)
    return problems(found.value)


def test_every_arm_against_the_first() -> None:
    found = contrasts(ARMS, Plan())
    assert [c.name for c in found] == ["b - a", "c/d~e - a"]
    assert [c.weights.tolist() for c in found] == [[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]


def test_named_contrasts_weigh_arms_that_are_not_named_with_0() -> None:
    (found,) = contrasts(ARMS, named({"b": 2.0, "a": -2.0}))
    assert (found.name, found.weights.tolist()) == ("x", [-2.0, 2.0, 0.0])


def test_rounding_of_weights_is_forgiven() -> None:
    assert len(contrasts(ARMS, named({"a": -1.0, "b": 1 / 3, "c/d~e": 2 / 3 + 1e-12}))) == 1
    assert len(contrasts(ARMS, named({"a": -1e6, "b": 1e6 + 1e-4}))) == 1


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (named({"b": 1.0, "nobody/~": -1.0}), [("/plan/contrasts/0/weights/nobody~1~0", "unknown_arm")]),
        (named({"a": 0.0, "b": 0.0}), [("/plan/contrasts/0/weights", "empty_contrast")]),
        (named({}), [("/plan/contrasts/0/weights", "empty_contrast")]),
        (named({"a": 1e-200, "b": -1e-200}), [("/plan/contrasts/0/weights", "empty_contrast")]),
        (named({"a": 1.0, "b": 1.0}), [("/plan/contrasts/0/weights", "contrast_sum")]),
        (named({"a": 1.0, "b": -0.99999}), [("/plan/contrasts/0/weights", "contrast_sum")]),
        (
            named({"a": 1.0, "b": -1.0}, {"b": 1.0, "a": -1.0}, names="xx"),
            [("/plan/contrasts/1/name", "duplicate_contrast")],
        ),
        (Plan(contrasts=()), [("/plan/contrasts", "empty_contrast")]),
        (
            named({"a": 1.0, "?": 0.0}, {"b": 1.0, "a": -1.0}, {"b": 1.0}, names="xyx"),
            [
                ("/plan/contrasts/0/weights/?", "unknown_arm"),
                ("/plan/contrasts/0/weights", "contrast_sum"),
                ("/plan/contrasts/2/weights", "contrast_sum"),
                ("/plan/contrasts/2/name", "duplicate_contrast"),
            ],
        ),
    ],
)
def test_every_problem_is_named_at_its_place(plan: Plan, expected: list[tuple[str, str]]) -> None:
    assert refused(plan) == expected


def test_one_arm_has_no_difference() -> None:
    assert refused(Plan(), ["a"]) == [("/plan/estimand", "too_few_arms")]
