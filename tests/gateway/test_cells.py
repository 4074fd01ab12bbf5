from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.cells import Cells, shown
from tests.gateway.studies import CHOICE, LIKERT, NUMERIC, crowd, study


@given(
    people=st.integers(1, 5), models=st.integers(1, 3), times=st.integers(1, 3), size=st.integers(1, 4),
    order=st.sampled_from(["random", "sequential"]), seed=st.integers(0, 99),
)  # fmt: skip
def test_every_cell_is_planned_exactly_once(people, models, times, size, order, seed) -> None:
    found = study(
        personas=crowd(people),
        items=[LIKERT, CHOICE, NUMERIC],
        models=[{"name": f"m{k}"} for k in range(models)],
        elicitation={"method": "sample", "replicates": times, "items_per_call": size},
        execution_order=order,
        seed=seed,
    )
    cells = Cells(found)
    planned = Counter(
        (call.persona.unit_id, call.arm.name, item.name, call.model.name, call.replicate)
        for call in cells.in_order()
        for item in call.items
    )
    assert set(planned.values()) == {1}
    assert len(planned) == cells.n_cells == people * 2 * 3 * models * times
    assert cells.n_calls == sum(1 for _ in cells.in_order())
    assert all(found.personas[call.row] == call.persona for call in cells.in_order())


def test_assigned_personas_answer_under_their_own_arm_only() -> None:
    people = [person | {"arm": ("control", "treatment")[k % 2]} for k, person in enumerate(crowd(4))]
    cells = Cells(study(personas=people, assignment="assigned"))
    assert {(c.persona.unit_id, c.arm.name) for c in cells.in_order()} == {(p["unit_id"], p["arm"]) for p in people}


def test_the_random_order_mixes_personas_and_follows_the_seed() -> None:
    first, again, other = (
        [c.persona.unit_id for c in Cells(study(personas=crowd(50), seed=seed)).in_order()] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert len(set(first[:20])) > 14  # a budget stop leaves a random subset, not the first personas


def test_equal_looking_personas_are_told_apart() -> None:
    people = [{"unit_id": f"u{k}", "attributes": {"age": 30 + k // 2, "job": "cook"}} for k in range(4)]
    cells = Cells(study(personas=people, execution_order="sequential", arms=[{"name": "only"}]))
    assert [call.twins[0] for call in cells.in_order()] == [0, 1, 0, 1]


def planned_orders(order: str, item: dict, times: int = 1, people: int = 1) -> list[tuple]:
    found = study(
        personas=crowd(people),
        items=[item],
        arms=[{"name": "only"}],
        elicitation={"method": "sample", "replicates": times, "option_order": order},
        execution_order="sequential",
    )
    cells = Cells(found)
    return [tuple(o.code for o in shown(call.items[0], found, call)) for call in cells.in_order()]


def test_fixed_order_is_the_items_own() -> None:
    assert set(planned_orders("fixed", CHOICE, 5, 3)) == {("r", "b", "g")}


def test_random_orders_show_every_permutation_about_as_often() -> None:
    """Six orders, 1,200 draws, binomial sd 12.9."""
    counts = Counter(planned_orders("random", CHOICE, 6, 200))
    assert len(counts) == 6
    assert all(abs(n - 200) < 65 for n in counts.values())


def test_counterbalancing_gives_every_option_every_place_once_per_round() -> None:
    orders = planned_orders("counterbalanced", CHOICE, 3)
    for place in range(3):
        assert {order[place] for order in orders} == {"r", "b", "g"}


def test_scales_are_turned_round_never_mixed() -> None:
    for order in ("random", "counterbalanced"):
        assert set(planned_orders(order, LIKERT, 4, 20)) == {(1, 2, 3), (3, 2, 1)}
    forward, backward = planned_orders("counterbalanced", LIKERT, 2)
    assert forward == backward[::-1]


@pytest.mark.parametrize("order", ["random", "counterbalanced"])
def test_declining_stays_last(order: str) -> None:
    assert {o[-1] for o in planned_orders(order, CHOICE | {"decline": "option"}, 3, 10)} == {"declined"}


def test_numeric_items_have_nothing_to_order() -> None:
    assert planned_orders("random", NUMERIC, 2) == [(), ()]
