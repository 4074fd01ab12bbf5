from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.cells import Cells
from service.gateway.looks import ALONE, Looks
from tests.gateway.studies import LIKERT, crowd, prompts, study

SAME = [{"unit_id": f"u{k}", "attributes": {"age": 30}} for k in range(2)]
ONE = [{"unit_id": "u", "attributes": {"age": 30}}]
PLAIN = {"system": "You are {age}.", "user": "{arm}\n{item}"}
SHOWN_TWICE = [{"name": "a", "text": "Same."}, {"name": "b", "text": "Same."}]
UNSHOWN = [{"name": "a"}, {"name": "b"}]
OWN = {"assignment": "assigned", "arms": SHOWN_TWICE}


def ages(*ages) -> list[dict]:
    return [{"unit_id": f"u{k}", "attributes": {"age": age}} for k, age in enumerate(ages)]


@pytest.mark.parametrize(
    "changes",
    [
        {"personas": SAME},
        {"personas": [person | {"attributes": {"age": 30, "job": f"job {k}"}} for k, person in enumerate(SAME)]},
        {"personas": ages(34, "34")},
        {"personas": ages(34, 34.0)},
        {"personas": ages(None, "")},
        {"personas": ages("cook", "cook "), "template": {"system": "You are a {age}", "user": "{item}"}},
        {"personas": ONE, "arms": SHOWN_TWICE},
        {"personas": ONE, "arms": UNSHOWN},
        {"personas": ONE, "models": [{"name": "m1"}, {"name": "m2"}]},
        {"personas": ONE, "models": [{"name": "simulated"}, {"name": "again", "model": "simulated"}]},
        {"personas": [p | {"arm": arm} for p, arm in zip(SAME, "ab", strict=True)], **OWN},
    ],
)
def test_calls_that_look_the_same_have_identities_and_draws_of_their_own(changes) -> None:
    made = prompts(**{"arms": [{"name": "only"}], "template": PLAIN} | changes)
    calls = [made.render(planned) for planned in Cells(made.study).in_order()]
    assert len(calls) == 2
    assert len({(call.call.system, call.call.user) for call in calls}) == 1
    assert len({call.cell_ids for call in calls}) == len({call.call.draw for call in calls}) == 2


TEXTS = st.sampled_from(["", " ", "x", "x ", "xy", "{arm}", 1, 1.0, "1", True, "yes", None])


@given(
    people=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6),
    arms=st.lists(st.sampled_from(["", " ", "x", "y", "xy"]), min_size=1, max_size=3),
    models=st.lists(st.sampled_from([None, 0.5, 1.0]), min_size=1, max_size=3),
    template=st.sampled_from(["{a}{b}{arm}{item}", "{a}{arm}{b}{item}", "{arm}{a}\n{item}", "{a}{item}", "{item}{b}"]),
    assigned=st.booleans(),
)
def test_every_cell_has_an_identity_of_its_own_whatever_looks_the_same(
    people, arms, models, template, assigned
) -> None:
    found = [{"unit_id": f"u{k}", "attributes": {"a": a, "b": b}} for k, (a, b) in enumerate(people)]
    made = prompts(
        personas=[person | {"arm": f"a{k % len(arms)}"} for k, person in enumerate(found)],
        arms=[{"name": f"a{k}", "text": text} for k, text in enumerate(arms)],
        models=[{"name": f"m{k}", "parameters": {"temperature": t}} for k, t in enumerate(models) if t]
        or [{"name": "m"}],
        items=[LIKERT, LIKERT | {"name": "again"}],
        elicitation={"method": "sample", "replicates": 2},
        assignment="assigned" if assigned else "crossed",
        template={"system": "", "user": template},
    )
    calls = [made.render(planned) for planned in Cells(made.study).in_order()]
    every = Counter(cell_id for call in calls for cell_id in call.cell_ids)
    assert set(every.values()) == {1}
    # and no two calls send the embedded provider, which has no chance of its own, the same bytes
    assert len({(c.call.system, c.call.user, c.call.model, c.call.draw, str(c.call.parameters)) for c in calls}) == len(
        calls
    )


def test_who_looks_like_nobody_else_is_alone() -> None:
    assert {call.twins for call in Cells(study(personas=crowd(9))).in_order()} == {ALONE}


def test_twins_are_counted_by_what_is_shown() -> None:
    people = ages(30, 31, "30", 30.0, 31)
    assert Looks(study(personas=people, template=PLAIN)).personas == (0, 0, 1, 2, 1)
    assert Looks(study(personas=people, template={"user": "{item}"})).personas == (0, 1, 2, 3, 4)


def test_under_assigned_personas_are_counted_within_what_their_arms_read() -> None:
    people = [p | {"arm": arm} for p, arm in zip(ages(30, 30, 30, 30), "abca", strict=True)]
    arms = [*SHOWN_TWICE, {"name": "c", "text": "Other."}]
    assert Looks(study(personas=people, arms=arms, assignment="assigned", template=PLAIN)).personas == (0, 1, 0, 2)


def test_more_personas_arms_and_models_leave_the_others_as_they_were() -> None:
    def ids(people: int, arms: int, models: int) -> set[str]:
        made = prompts(
            personas=[{"unit_id": f"u{k}", "attributes": {"age": 30}} for k in range(people)],
            arms=[{"name": f"a{k}"} for k in range(arms)],
            models=[{"name": f"m{k}", "model": "simulated"} for k in range(models)],
            template=PLAIN,
        )
        return {cell_id for p in Cells(made.study).in_order() for cell_id in made.render(p).cell_ids}

    assert ids(2, 2, 2) < ids(3, 2, 2) < ids(3, 3, 2) < ids(3, 3, 3)


def test_names_of_arms_models_and_unused_attributes_are_no_part_of_an_identity() -> None:
    def ids(unit: str, arm: str, model: str, town: str) -> list[tuple]:
        made = prompts(
            personas=[{"unit_id": unit, "attributes": {"age": 30, "town": town}}],
            arms=[{"name": arm, "text": "A letter."}],
            models=[{"name": model, "model": "simulated"}],
            elicitation={"method": "decision", "option_order": "random", "replicates": 8},
            execution_order="sequential",
            template=PLAIN,
        )
        return [made.render(planned).cell_ids for planned in Cells(made.study).in_order()]

    assert ids("u", "a", "m", "Ulm") == ids("v", "b", "n", "Bonn")
