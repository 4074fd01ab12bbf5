from __future__ import annotations

import pytest

from service.gateway.cells import Cells
from tests.gateway.studies import CHOICE, LIKERT, PERSONAS, crowd, prompts


def rendered(**changes):
    made = prompts(**changes)
    return [made.render(planned) for planned in Cells(made.study).in_order()]


def ids(**changes) -> set[str]:
    return {cell_id for one in rendered(**changes) for cell_id in one.cell_ids}


def test_a_prompt_holds_persona_arm_and_item_and_no_unit_id() -> None:
    for one in rendered(elicitation={"method": "sample"}):
        person, arm = one.planned.persona, one.planned.arm
        assert (
            one.call.system == f"You are {person.attributes['age']} years old and work as {person.attributes['job']}."
        )
        assert arm.text in one.call.user
        assert "I trust the sender." in one.call.user
        assert "canary" not in str(one.call)


def test_cells_have_identities_of_their_own() -> None:
    made = rendered(elicitation={"method": "sample", "replicates": 3, "items_per_call": 2}, items=[LIKERT, CHOICE])
    every = [cell_id for one in made for cell_id in one.cell_ids]
    assert len(set(every)) == len(every) == 2 * 2 * 2 * 3
    assert len({one.call_id for one in made}) == len(made)


def test_an_identity_is_a_function_of_the_request() -> None:
    assert ids() == ids()


@pytest.mark.parametrize(
    "change",
    [
        {"tenant": "other"},
        {"models": [{"name": "m1", "model": "other"}]},
        {"models": [{"name": "m1", "parameters": {"temperature": 0.5}}]},
        {"elicitation": {"method": "sample"}},
        {"elicitation": {"method": "decision", "lenient": True}},
        {"template": {"system": "You are {age}.", "user": "{arm}\n{item}"}},
        {"arms": [{"name": "control", "text": "Other."}, {"name": "treatment", "text": "Words."}]},
        {"items": [LIKERT | {"text": "I distrust the sender."}]},
        {"items": [LIKERT | {"options": LIKERT["options"][::-1]}]},
        {"items": [LIKERT | {"decline": "option"}]},
        {"seed": 8},
    ],
)
def test_whatever_may_change_an_answer_changes_the_identity(change) -> None:
    assert not ids() & ids(**change)


def test_unit_ids_and_being_human_do_not() -> None:
    renamed = [person | {"unit_id": f"new {k}", "human": False} for k, person in enumerate(PERSONAS)]
    assert ids() == ids(personas=renamed)


def test_equal_looking_personas_get_draws_of_their_own() -> None:
    same = [{"unit_id": f"u{k}", "attributes": {"age": 34, "job": "nurse"}} for k in range(3)]
    made = rendered(personas=same)
    assert len({cell_id for one in made for cell_id in one.cell_ids}) == 6
    assert len({one.call.draw for one in made}) == 6


def test_a_stated_seed_is_sent_first_and_later_replicates_get_others() -> None:
    made = rendered(
        personas=crowd(2),
        models=[{"name": "m1", "parameters": {"seed": 5}}],
        elicitation={"method": "sample", "replicates": 3},
        execution_order="sequential",
    )
    seeds = [one.call.parameters["seed"] for one in made]
    assert seeds[0] == seeds[3] == 5
    assert len(set(seeds[:3])) == 3
    assert {one.planned.model.parameters["seed"] for one in made} == {5}


def test_parameters_that_the_model_does_not_take_are_withheld() -> None:
    made = prompts(models=[{"name": "m1", "parameters": {"temperature": 1.0, "top_p": 0.5}}])
    made = type(made)(made.study, made.places, {"m1": frozenset({"temperature"})})
    assert made.render(Cells(made.study).at(0)).call.parameters == {"top_p": 0.5}


def test_a_procedure_is_what_stays_the_same_over_personas() -> None:
    base = prompts().procedures
    assert base == prompts(personas=crowd(5), seed=3).procedures
    assert base != prompts(items=[CHOICE]).procedures
    assert base != prompts(template={"user": "{arm} {item}"}).procedures
    assert prompts(items=[CHOICE]).template_sha256 == prompts().template_sha256


def test_several_items_are_numbered_and_an_empty_template_still_asks() -> None:
    several = rendered(items=[LIKERT, CHOICE], elicitation={"method": "sample", "items_per_call": 2})
    assert "1" in several[0].call.user
    assert several[0].call.schema["required"] == ["trust", "colour"]
    assert rendered(template={"user": ""})[0].call.user == "Please answer."
