from __future__ import annotations

import typing

import msgspec
import pytest

from service.api.wire.plan import OFFERED, Plan, to_core
from service.calibration import plan as core
from service.calibration.errors import Problem
from service.calibration.estimators import ESTIMATORS
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from service.web.strict_msgpack import StrictMsgpackDecoder


def read(**fields) -> tuple[core.Plan, list[Problem]]:
    problems: list[Problem] = []
    return to_core(msgspec.convert(fields, Plan), problems), problems


def test_an_empty_plan_is_the_default_plan() -> None:
    assert read() == (core.Plan(), [])


def test_null_means_absent() -> None:
    nothing = dict.fromkeys(Plan.__struct_fields__)
    assert read(**nothing) == (core.Plan(), [])


SAME = {  # fields that mean the same on the wire and in the core
    "estimator": "ppi",
    "identification": "randomization",
    "control": "a",
    "confidence_level": 0.9,
    "inference_population": "sample",
    "alternative": "non_inferiority",
    "margin": 0.2,
    "null_value": 0.5,
    "interval": "betting",
    "multiplicity": "max_t",
    "tuning": "one",
    "stratum_shares": {"a": 0.25, "b": 0.75},
    "compare": True,
    "compat": True,
    "replicates": 999,
}


EVERY = SAME | {
    "estimand": {"type": "mean_difference"},
    "contrasts": [{"name": "d", "weights": {"a": -1, "b": 1}}],
    "bounds": [1, 5],
    "missing": "drop_unit",
    "seed": 7.0,
    "costs": {"human": 5, "llm": {"gpt": 0.1}, "persona": 0.2, "budget": 100},
}


def test_every_field_arrives() -> None:
    found, problems = read(**EVERY)
    assert problems == []
    assert found == core.Plan(
        **SAME,
        estimand="mean_difference",
        contrasts=(core.NamedContrast("d", {"a": -1.0, "b": 1.0}),),
        bounds=(1.0, 5.0),
        costs=core.Costs(5.0, {"gpt": 0.1}, 0.2, 100.0),
        seed=7,
    )


@pytest.mark.parametrize(("sent", "read_as"), [({"type": "mean"}, "mean"), (None, None)])
def test_estimands(sent, read_as: str | None) -> None:
    assert read(estimand=sent)[0].estimand == read_as


def test_costs_without_persona_and_budget() -> None:
    assert read(costs={"human": 5, "llm": 0.1})[0].costs == core.Costs(5.0, 0.1, 0.0, None)


def test_an_empty_list_of_contrasts_is_not_absent() -> None:
    assert read(contrasts=[])[0].contrasts == ()
    assert read(contrasts=None)[0].contrasts is None


def test_a_pilots_plan_has_no_target() -> None:
    problems: list[Problem] = []
    plan = msgspec.json.decode(b'{"target": {"margins": {"age": 40}}}', type=Plan)
    to_core(plan, problems, "/basis/plan")
    assert [(p.pointer, p.code) for p in problems] == [("/basis/plan/target", "unsupported_combination")]
    assert problems[0].hint.startswith("supported: ")


def test_several_at_once_are_all_listed() -> None:
    asked = {"type": "correlation", "with": "x"}
    found = read(estimand=asked, null_value=2, stratum_shares={"a": 0.5, "b": 0.6})[1]
    assert [p.pointer for p in found] == ["/plan/stratum_shares", "/plan/null_value"]


def test_what_is_offered_is_what_the_core_knows() -> None:
    """Every word that decodes is a word of the core, or refused as not computed yet."""
    words = {
        name: set(typing.get_args(typing.get_args(typing.get_args(annotation)[0])[0]))
        for name, annotation in typing.get_type_hints(Plan, include_extras=True).items()
        if name in ("interval", "alternative", "identification", "multiplicity", "tuning", "estimator")
    }
    assert set(OFFERED["estimator"]) == {e.name for e in ESTIMATORS} == words["estimator"]
    assert words["interval"] == set(typing.get_args(core.IntervalMethod))
    assert words["alternative"] == set(typing.get_args(core.Alternative))
    assert words["identification"] == set(typing.get_args(core.Identification))
    assert words["multiplicity"] == set(typing.get_args(core.Multiplicity))
    assert words["tuning"] == set(typing.get_args(core.Tuning))
    assert {*OFFERED} <= set(Plan.__struct_fields__)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("confidence_level", 0.0),
        ("confidence_level", 1.0),
        ("seed", 1.5),
        ("seed", -1),
        ("null_value", 1e71),
        ("contrasts", [{"name": "", "weights": {}}]),
        ("contrasts", [{"name": "d", "weights": {"a": 1e7}}]),
        ("costs", {"human": 0, "llm": 0}),
        ("margin", 0.0),
        ("bounds", [0.0]),
        ("bounds", [0.0, 1.0, 2.0]),
        ("stratum_shares", {"a": 0.0, "b": 1.0}),
        ("replicates", 10_001),
        ("costs", {"human": 1, "llm": -1}),
        ("control", ""),
        ("estimator", "magic"),
        ("estimand", {"type": "mean", "extra": 1}),
        ("unknown", 1),
    ],
)
def test_values_out_of_range_are_no_plan(field: str, value) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({field: value}, Plan)


@pytest.mark.parametrize("field", ["estimator", "interval", "seed", "contrasts", "costs", "bounds", "estimand"])
def test_what_is_right_is_not_listed_beside_what_is_wrong(field: str) -> None:
    with pytest.raises(ProblemError) as refused:
        StrictDecoder(Plan).decode(msgspec.json.encode(EVERY | {field: True}))
    assert [error.pointer for error in refused.value.errors] == [f"/{field}"]


def test_every_field_of_the_plan_says_its_default() -> None:
    (_,), components = msgspec.json.schema_components([Plan])
    described = {name: field.get("description", "") for name, field in components["Plan"]["properties"].items()}
    assert [name for name, text in described.items() if "Default: " not in text] == []


def test_categories_are_names_or_whole_numbers() -> None:
    found, problems = read(estimand={"type": "proportions", "categories": ["a", 2, -1.0]})
    assert (found.estimand, found.categories, problems) == ("proportions", ("a", "2", "-1"), [])
    assert read(estimand={"type": "proportions"})[0].categories is None


@pytest.mark.parametrize(
    ("statistic", "null", "refused"),
    [
        ("risk_ratio", 0.0, True),
        ("odds_ratio", -1.0, True),
        ("variance", 0.0, True),
        ("gini", 1.0, True),
        ("risk_ratio", 1.0, False),
        ("risk_ratio", None, False),
        ("variance", 2.0, False),
        ("gini", 0.5, False),
        ("standardized_mean_difference", 0.0, False),
        ("spearman", 0.0, False),
    ],
)
def test_a_stated_null_value_that_a_statistic_cannot_have_is_refused(statistic, null, refused) -> None:
    """A ratio with 0 was tested against 1, a variance below 0 against nothing, without a word."""
    problems = read(estimand={"type": "plug_in", "statistic": statistic, "with": "x"}, null_value=null)[1]
    assert [(p.pointer, p.code) for p in problems] == ([("/plan/null_value", "out_of_range")] if refused else [])


@pytest.mark.parametrize(("null", "refused"), [(0.5, False), (1.0, True), (-2.0, True)])
def test_a_correlation_is_tested_against_values_inside_its_range(null, refused) -> None:
    problems = read(estimand={"type": "correlation", "with": "x"}, null_value=null)[1]
    assert [(p.pointer, p.code) for p in problems] == ([("/plan/null_value", "out_of_range")] if refused else [])


@pytest.mark.parametrize("read_body", [
    lambda plan: StrictDecoder(Plan).decode(msgspec.json.encode(plan)),
    lambda plan: StrictMsgpackDecoder(Plan).decode(msgspec.msgpack.encode(plan), 100),
])  # fmt: skip
def test_a_whole_number_beyond_its_limit_is_not_taken_for_its_neighbour_in_double_precision(read_body) -> None:
    assert to_core(read_body({"seed": 2**53}), []).seed == 2**53
    assert to_core(read_body({"seed": 7.0}), []).seed == 7
    for beyond in (2**53 + 1, 2.0**53 + 2):
        with pytest.raises(ProblemError) as refused:
            read_body({"seed": beyond})
        assert [(e.pointer, e.code) for e in refused.value.errors] == [("/seed", "out_of_range")]
