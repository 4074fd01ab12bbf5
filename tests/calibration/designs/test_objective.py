from __future__ import annotations

import math

import pytest

from service.calibration.designs.objective import Aim, Objective, check_objective, wanted_of
from service.calibration.errors import InvalidPlan


def refused(objective: Objective, aim: Aim) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as problem:
        check_objective(objective, aim)
    return [(p.pointer, p.code) for p in problem.value.problems]


def test_a_budget_stays_a_budget_and_the_rest_are_variances():
    aim = Aim(0.2)
    assert wanted_of(Objective("budget", 100.0), aim, 2.0).budget == 100.0
    assert wanted_of(Objective("effective_sample_size", 100.0), aim, 2.0).variance == 0.02
    assert wanted_of(Objective("standard_error", 0.1), aim, 2.0).variance == pytest.approx(0.01)
    assert wanted_of(Objective("interval_width", 0.4), aim, 2.0).variance == pytest.approx((0.2 / 1.95996398454) ** 2)
    power = wanted_of(Objective("power"), aim, 2.0).variance
    assert power is not None
    assert aim.power_at(math.sqrt(power)) == pytest.approx(0.8)
    margin = Aim(0.05, margin=0.3)
    equivalent = wanted_of(Objective("equivalence", 0.3), margin, 2.0).variance
    assert equivalent is not None
    assert margin.power_at(math.sqrt(equivalent)) == pytest.approx(0.8)


def test_power_is_of_the_test_in_question():
    assert Aim().power_at(0.1) is None
    assert Aim(0.0).power_at(0.1) == pytest.approx(0.05)
    assert Aim(margin=1.0).power_at(0.1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("objective", "aim", "problems"),
    [
        (Objective("budget", math.inf), Aim(), [("/objective/budget", "bad_objective")]),
        (Objective("equivalence", -1.0), Aim(), [("/objective/margin", "bad_objective")]),
        (
            Objective("standard_error", 0.0),
            Aim(math.nan, 1.0),
            [("/objective/standard_error", "bad_objective"), ("/power", "bad_probability"), ("/effect", "not_finite")],
        ),
        (Objective("power"), Aim(), [("/effect", "effect_required")]),
        (Objective("power"), Aim(0.0), [("/effect", "effect_required")]),
        (Objective("power"), Aim(0.2, 0.05, 0.95), [("/power", "bad_probability")]),
        (Objective("equivalence", 0.2), Aim(-0.2), [("/objective/margin", "bad_objective")]),
        (Objective("equivalence", 0.2), Aim(None, 0.5, 0.25), [("/power", "bad_probability")]),
    ],
)
def test_what_no_design_can_aim_at_is_refused(objective, aim, problems):
    assert refused(objective, aim) == problems


def test_what_every_design_meets_is_no_target_but_fine_beside_one():
    check_objective(Objective("budget", 10.0), Aim(None, 0.01))
    check_objective(Objective("equivalence", 0.2), Aim(0.1, 0.06, 0.95))
