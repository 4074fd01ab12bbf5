from __future__ import annotations

import pytest

from service.calibration.estimands.proportions import contrasts
from service.calibration.plan import NamedContrast, Plan

D = NamedContrast("d", {"a": 1.0, "b": -1.0})


@pytest.mark.parametrize(
    ("arms", "plan", "names"),
    [
        (("a",), Plan(), ["a"]),
        (("a", "b"), Plan(), ["a", "b"]),
        (("a", "b"), Plan(control="a"), ["b - a"]),
        (("a", "b"), Plan(contrasts=(D,)), ["d"]),
        (("a",), Plan(control="a"), ["a"]),
    ],
)
def test_shares_of_every_arm_unless_a_comparison_is_asked_for(arms, plan: Plan, names: list[str]) -> None:
    assert [c.name for c in contrasts(arms, plan)] == names
