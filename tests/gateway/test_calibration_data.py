from __future__ import annotations

import msgspec
import pytest

from service.gateway.answer import Answer, answered, missing
from service.gateway.calibration_data import empty_columns
from service.gateway.cells import Cells
from tests.gateway.studies import ARMS, CHOICE, LIKERT, MULTI, NUMERIC, PERSONAS, crowd, study

SAMPLE = {"method": "sample"}


def gathered(found, answers) -> dict:
    """The data after every call was answered by ``answers(planned, item)``."""
    columns = empty_columns(found)
    for planned in Cells(found).in_order():
        for item in planned.items:
            columns.add(planned, item, answers(planned, item))
    return msgspec.json.decode(msgspec.json.encode(columns.data()))


def weighed(value, expected) -> Answer:
    return Answer("answered", value, (0.25, 0.25, 0.5), expected, 0.5, rule="decision")


def test_crossed_arms_are_shared_predictions() -> None:
    data = gathered(study(), lambda p, _: weighed(3, 2.25 + p.row + (p.arm.name == "treatment")))
    assert data == {
        "layout": "table",
        "prediction_design": "shared",
        "unit": ["unit-canary-17", "unit-canary-18"],
        "human": [True, False],
        "arm": ["treatment", None],
        "outcomes": {"trust": [None, None]},
        "predictions": [
            {"outcome": "trust", "model": "m1", "arm": "control", "values": [2.25, 3.25]},
            {"outcome": "trust", "model": "m1", "arm": "treatment", "values": [3.25, 4.25]},
        ],
    }


def test_an_llm_only_unit_under_crossed_arms_has_no_arm_even_when_one_is_given() -> None:
    people = [PERSONAS[0], PERSONAS[1] | {"arm": "control"}]
    assert gathered(study(personas=people), lambda *_: weighed(1, 1.0))["arm"] == ["treatment", None]


def test_assigned_arms_are_independent_predictions() -> None:
    people = [person | {"arm": ("control", "treatment")[k % 2]} for k, person in enumerate(crowd(3))]
    data = gathered(study(personas=people, assignment="assigned"), lambda p, _: weighed(3, float(p.row)))
    assert data["prediction_design"] == "independent"
    assert data["arm"] == ["control", "treatment", "control"]
    assert data["predictions"] == [{"outcome": "trust", "model": "m1", "values": [0.0, 1.0, 2.0]}]


def test_one_population_has_neither_arm_nor_design() -> None:
    data = gathered(study(arms=[{"name": "all"}]), lambda *_: weighed(3, 2.0))
    assert "arm" not in data
    assert "prediction_design" not in data
    assert "arm" not in data["predictions"][0]


def test_replicates_are_draws_and_models_columns() -> None:
    found = study(arms=[{"name": "all"}], models=[{"name": "a"}, {"name": "b"}], elicitation=SAMPLE | {"replicates": 2})
    data = gathered(found, lambda p, _: answered(p.replicate + 1, "json"))
    places = [(c["model"], c["draw"], c["values"]) for c in data["predictions"]]
    assert places == [("a", 0, [1, 1]), ("a", 1, [2, 2]), ("b", 0, [1, 1]), ("b", 1, [2, 2])]


def test_a_choice_has_a_column_per_option() -> None:
    one = {"arms": [{"name": "all"}], "items": [CHOICE], "elicitation": SAMPLE}
    stated = gathered(study(**one), lambda *_: weighed("g", None))
    assert [(c["category"], c["values"][0]) for c in stated["predictions"]] == [("r", 0.25), ("b", 0.25), ("g", 0.5)]
    drawn = gathered(study(**one), lambda *_: answered("b", "json"))
    assert [c["values"][0] for c in drawn["predictions"]] == [0.0, 1.0, 0.0]


def test_several_choices_are_outcomes_of_nought_and_one() -> None:
    data = gathered(
        study(arms=[{"name": "all"}], items=[MULTI], elicitation=SAMPLE), lambda *_: answered(("r", "g"), "json")
    )
    assert data["outcomes"] == {"colours.r": [None, None], "colours.b": [None, None], "colours.g": [None, None]}
    assert [(c["outcome"], c["values"][0]) for c in data["predictions"]] == [
        ("colours.r", 1.0), ("colours.b", 0.0), ("colours.g", 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        missing("refused"),
        Answer("answered", 3, rule="exact", repaired=True),
        answered("declined", "exact"),
        Answer("answered", "declined", (0.0, 0.0, 0.0, 1.0), None, None, rule="decision"),
    ],
)
def test_what_is_no_number_is_null(answer: Answer) -> None:
    items = [LIKERT | {"decline": "option"}]
    data = gathered(study(items=items, elicitation=SAMPLE, arms=ARMS), lambda *_: answer)
    assert all(value is None for column in data["predictions"] for value in column["values"])


def test_numbers_are_sampled_values() -> None:
    data = gathered(study(arms=[{"name": "all"}], items=[NUMERIC], elicitation=SAMPLE), lambda *_: answered(41, "json"))
    assert data["predictions"][0]["values"] == [41.0, 41.0]


def test_declining_a_choice_is_a_category_where_it_is_an_option_and_else_null() -> None:
    for decline, expected in (("schema", [None] * 3), ("option", [0.0, 0.0, 0.0, 1.0])):
        found = study(arms=[{"name": "all"}], items=[CHOICE | {"decline": decline}], elicitation=SAMPLE)
        data = gathered(found, lambda *_: answered("declined", "json"))
        assert [column["values"][0] for column in data["predictions"]] == expected
