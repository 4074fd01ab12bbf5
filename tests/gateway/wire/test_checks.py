from __future__ import annotations

import pytest

from service.gateway.calibration_data import count_columns, empty_columns
from service.gateway.wire.checks import Bounds, problems_of
from tests.gateway.studies import ARMS, CHOICE, LIKERT, MULTI, NUMERIC, PERSONAS, RANKING, TEXT, crowd, study


def places(**changes) -> set[tuple[str, str]]:
    """Pointer and code of everything wrong with a request."""
    found = problems_of(study(**changes), Bounds())
    assert all(problem.detail and problem.hint for problem in found)
    return {(problem.pointer, problem.code) for problem in found}


def test_good_studies_pass() -> None:
    every = [LIKERT, CHOICE, NUMERIC, MULTI, TEXT, RANKING]
    assert places() == set()
    assert places(items=every, elicitation={"method": "sample", "items_per_call": 6}) == set()
    assert places(output="calibration") == set()
    for decline in ("option", "schema"):
        assert places(items=[item | {"decline": decline} for item in every], elicitation={"method": "sample"}) == set()


NO_CODES = {"options": [{"code": "a"}, {"code": "b"}]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"personas": [PERSONAS[0], PERSONAS[0]]}, {("/personas/1/unit_id", "duplicate_unit")}),
        ({"arms": [ARMS[0], ARMS[0], ARMS[1]]}, {("/arms/1/name", "duplicate_arm")}),
        ({"items": [LIKERT, LIKERT]}, {("/items/1/name", "duplicate_item")}),
        ({"models": [{"name": "m"}, {"name": "m"}]}, {("/models/1/name", "duplicate_model")}),
        ({"items": [CHOICE | {"options": CHOICE["options"][:1]}]}, {("/items/0/options", "options_missing")}),
        ({"items": [CHOICE | {"options": [{"code": "a"}, {"code": "A"}]}]},
         {("/items/0/options/0/code", "duplicate_option"), ("/items/0/options/1/code", "duplicate_option")}),
        ({"items": [CHOICE | {"options": [{"code": "a", "label": "b."}, {"code": "b"}]}]},
         {("/items/0/options/0/label", "duplicate_option"), ("/items/0/options/1/label", "duplicate_option")}),
        ({"items": [CHOICE | {"options": [{"code": "declined"}, {"code": "b"}]}]},
         {("/items/0/options/0/code", "duplicate_option")}),
        ({"items": [NUMERIC | {"options": CHOICE["options"]}], "elicitation": {"method": "sample"}},
         {("/items/0/options", "options_not_taken")}),
        ({"items": [LIKERT | {"min": 1}]}, {("/items/0", "range_not_taken")}),
        ({"items": [NUMERIC | {"min": 5, "max": 5}], "elicitation": {"method": "sample"}},
         {("/items/0/min", "empty_range")}),
        ({"items": [NUMERIC | {"min": 0.2, "max": 0.8}], "elicitation": {"method": "sample"}},
         {("/items/0/min", "empty_range")}),
        ({"items": [NUMERIC | {"min": 0.2, "max": 1}], "elicitation": {"method": "sample"}}, set()),
        ({"items": [NUMERIC]}, {("/items/0/type", "unsupported_method")}),
        ({"items": [LIKERT | {"decline": "schema"}]}, {("/items/0/decline", "unsupported_method")}),
        ({"elicitation": {"method": "logprob", "items_per_call": 2}},
         {("/elicitation/items_per_call", "unsupported_method")}),
        ({"personas": [PERSONAS[0] | {"arm": "Treatment"}]}, {("/personas/0/arm", "unknown_arm")}),
        ({"assignment": "assigned"}, {("/personas/1/arm", "arm_needed")}),
        ({"output": "calibration", "personas": [PERSONAS[1] | {"human": True}]}, {("/personas/0/arm", "arm_needed")}),
        ({"template": {"user": "{item} {"}}, {("/template/user", "bad_template")}),
        ({"template": {"system": "{agee}", "user": "{arm}{item}"}},
         {("/personas/0/attributes", "unknown_placeholder"), ("/personas/1/attributes", "unknown_placeholder")}),
        ({"template": {"user": "{arm}"}, "elicitation": {"method": "sample"}}, {("/template", "item_not_shown")}),
        ({"template": {"user": "{item}"}}, {("/template", "arm_not_shown")}),
        ({"personas": [{"unit_id": "u", "attributes": {"age": 1, "job": "x", "item": "y"}}]},
         {("/personas/0/attributes", "reserved_name")}),
        ({"output": "calibration", "items": [TEXT], "elicitation": {"method": "sample"}},
         {("/items/0/type", "not_calibratable")}),
        ({"output": "calibration", "items": [LIKERT | NO_CODES]}, {("/items/0/options", "not_calibratable")}),
        ({"output": "calibration", "items": [LIKERT, CHOICE]}, {("/items/1/type", "not_calibratable")}),
        ({"output": "calibration", "items": [LIKERT | {"name": "colours.r"}, MULTI]},
         {("/items/1/name", "not_calibratable")}),
        ({"output": "calibration", "items": [MULTI | {"name": "a", "options": [{"code": "b.c"}, {"code": "x"}]},
                                             MULTI | {"name": "a.b", "options": [{"code": "c"}, {"code": "d"}]}]},
         {("/items/1/name", "not_calibratable")}),
        ({"output": "calibration", "resume": {"done": ["sha256:0"]}}, {("/resume/done", "not_calibratable")}),
    ],
)  # fmt: skip
def test_everything_wrong_is_named_with_its_place(changes, expected) -> None:
    assert places(**changes) == expected


def test_several_problems_are_all_listed() -> None:
    found = places(personas=[PERSONAS[0], PERSONAS[0]], items=[NUMERIC], template={"user": "{arm}"})
    assert {code for _, code in found} == {"duplicate_unit", "unsupported_method"}


def test_the_size_of_the_design_is_bounded() -> None:
    big = study(personas=crowd(50), elicitation={"method": "decision", "replicates": 1000})
    assert [p.code for p in problems_of(big, Bounds(99_999))] == ["too_many_cells"]
    assert problems_of(big, Bounds(100_000)) == []


def test_a_list_of_bad_personas_is_cut() -> None:
    people = [person | {"arm": "nowhere"} for person in crowd(5000)]
    assert len(problems_of(study(personas=people), Bounds())) == 100


def test_a_table_that_the_calibration_service_would_refuse_is_refused_before_it_is_paid_for() -> None:
    def codes(columns: int = 200, most_arms: int = 64, values: int = 10**7, **changes) -> list[tuple[str, str]]:
        found = problems_of(
            study(output="calibration", **changes), Bounds(columns=columns, arms=most_arms, values=values)
        )
        return [(p.pointer, p.code) for p in found]

    wide = {"items": [CHOICE], "elicitation": {"method": "sample", "replicates": 5}}
    assert codes(30, **wide) == []
    assert codes(29, **wide) == [("/output", "too_many_columns")]
    assert codes(most_arms=1) == [("/arms", "too_many_columns")]
    assert codes(values=2 * (2 + 1 + 3)) == []
    assert codes(values=2 * (2 + 1 + 3) - 1) == [("/output", "too_many_columns")]
    most = {"personas": crowd(500), "elicitation": {"method": "sample", "replicates": 1000}, "arms": ARMS[:1]}
    many = [CHOICE | {"options": [{"code": code} for code in range(100)]}]
    assert codes(**most, items=many) == [("/output", "too_many_columns")]
    assert problems_of(study(**most, items=many), Bounds()) == []


def test_the_count_is_that_of_the_table() -> None:
    for items in ([LIKERT, MULTI, NUMERIC], [CHOICE | {"decline": "option"}]):
        for assignment in ("crossed", "assigned"):
            found = study(
                items=items, assignment=assignment, models=[{"name": "a"}, {"name": "b"}],
                elicitation={"method": "sample", "replicates": 3},
            )  # fmt: skip
            assert count_columns(found) == len(empty_columns(found).values)


def test_bounds_are_to_be_exchanged_only_where_that_helps() -> None:
    def hint(low: float, high: float) -> str:
        asked = study(items=[NUMERIC | {"min": low, "max": high}], elicitation={"method": "sample"})
        (problem,) = problems_of(asked, Bounds())
        return problem.hint

    assert "exchange" in hint(6, 5)
    assert "exchange" not in hint(5, 5)
