from __future__ import annotations

import numpy as np
import pytest

from service.calibration.designs.constraints import (
    FREE_LLM_ONLY_CAP,
    Constraints,
    check_constraints,
    limits_of,
    refuse_infeasible,
    usable,
)
from service.calibration.designs.groups import Costs, groups_on_offer
from service.calibration.errors import InvalidPlan
from tests.calibration.designs.cases import sigma_a, twins

GROUPS = groups_on_offer(twins(sigma_a(), 1).joint, Costs(5.0, (0.02,)))


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(),
        Constraints((230.0, 150.0)),
        Constraints(max_human=300.0),
        Constraints(100.0, 300.0, 50.0),
        Constraints(150.0, max_human=300.0),
        Constraints(200.0),
    ],
)
def test_interior_point_is_inside(constraints):
    limits = limits_of(GROUPS, constraints, 2, 2000.0)
    assert np.all(limits.rows @ limits.interior < limits.bounds)
    assert np.all(limits.interior > 0)


def test_rows_are_the_sums_they_say():
    limits = limits_of(GROUPS, Constraints((10.0, 0.0), 300.0, 50.0), 2, 2000.0)
    assert limits.rows.tolist() == [
        [5.0, 5.04, 5.0, 5.04, 0.04],
        [-1.0, -1.0, 0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 1.0],
    ]
    assert limits.bounds.tolist() == [2000.0, -10.0, 300.0, 50.0]


def test_free_units_get_a_cap():
    free = groups_on_offer(twins(sigma_a(), 1).joint, Costs(5.0, (0.0,)))
    assert limits_of(free, Constraints(), 2, 2000.0).bounds.tolist() == [2000.0, FREE_LLM_ONLY_CAP]


def test_no_llm_only_allowed_takes_them_off_the_offer():
    assert [g.human for g in usable(GROUPS, Constraints(max_llm_only=0.0))] == [True] * 4
    assert usable(GROUPS, Constraints()) == GROUPS


@pytest.mark.parametrize(
    ("constraints", "budget", "pointers"),
    [
        (Constraints(max_human=1.0), 2000.0, ["/constraints/max_human"]),
        (Constraints(160.0, 300.0), 2000.0, ["/constraints/min_human_per_arm", "/constraints/max_human"]),
        (Constraints(201.0), 2000.0, ["/constraints/min_human_per_arm", "/objective/budget"]),
        (Constraints(), 9.0, ["/objective/budget"]),
    ],
)
def test_infeasible_names_a_minimal_set(constraints, budget, pointers):
    with pytest.raises(InvalidPlan) as refused:
        refuse_infeasible(GROUPS, constraints, 2, budget)
    assert [p.pointer for p in refused.value.problems] == pointers
    assert {p.code for p in refused.value.problems} == {"infeasible_constraints"}


def test_without_a_budget_only_counts_can_contradict():
    refuse_infeasible(GROUPS, Constraints(1e6), 2, None)


@pytest.mark.parametrize(
    ("constraints", "pointer"),
    [
        (Constraints((1.0, 2.0, 3.0)), "/constraints/min_human_per_arm"),
        (Constraints(-1.0), "/constraints/min_human_per_arm"),
        (Constraints(max_human=float("inf")), "/constraints/max_human"),
        (Constraints(max_llm_only=-5.0), "/constraints/max_llm_only"),
    ],
)
def test_bad_counts(constraints, pointer):
    with pytest.raises(InvalidPlan) as refused:
        check_constraints(constraints, 2)
    assert [p.pointer for p in refused.value.problems] == [pointer]
