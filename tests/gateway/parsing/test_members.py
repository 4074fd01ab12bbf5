from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.parsing import Reading, member, members_of
from service.gateway.parsing.members import MOST_COLONS
from tests.gateway.elicitation.asked import item

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
TYPES = ("choice", "likert", "numeric", "multi_select", "free_text", "ranking")


def of(type_, **rest):
    return item(type_, [] if type_ in {"numeric", "free_text"} else ["a", "b", "c"], **rest)


@given(st.dictionaries(st.text(), JSON))
def test_an_object_is_decoded(tree):
    assert members_of(msgspec.json.encode(tree).decode()) == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "[]",
        "null",
        "{",
        '{"a": 1',
        '{"a": 1}}',
        '{"a": 1} x',
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": NaN}',
        '{"a": 01}',
        '{"a": 1, "a": 2}',
        '{"a": 1, "\\u0061": 2}',
        '{"a": {"b": 1, "b": 2}, "c": 3}',
        '{"a": "\ud800"}',
        '{"a": "\\ud800"}',
        "\ufeff{}",
        '{"a": 1 /* one */}',
    ],
)
def test_anything_else_is_not(text):
    assert members_of(text) is None


def test_an_undecodable_member_leaves_the_others():
    huge = "1" * 5000
    assert members_of(f'{{"a": {huge}, "b": 2, "c": "x:y"}}') == {"a": msgspec.UNSET, "b": 2, "c": "x:y"}


def test_what_is_nested_too_deeply_is_no_json():
    assert members_of('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}") is None


def test_an_option_is_its_code_or_exactly_named():
    numbers = item("likert", [(1, "Low"), (2, "10"), (10, "High")])
    values = [1, 1.0, "1", "low", "10", 10, 2, "High."]
    assert [member(numbers, v).value for v in values] == [1, 1, 1, 1, None, 10, 2, 10]
    assert member(numbers, "10").missing == "unparseable"
    assert type(member(numbers, 1.0).value) is int
    words = item("choice", [("1", "Low"), ("2", "1")])
    assert [member(words, v).value for v in ("1", 1, 2, "low", "2.")] == ["1", "1", "2", "1", "2"]
    assert member(words, 1.0).value == "1"
    assert member(words, 3).missing == "not_an_option"


def test_a_number_is_a_code_or_label_that_is_written_so():
    labels = item("choice", [("low", "1"), ("high", "2.5"), ("4", "top")])
    assert [member(labels, v).value for v in (1, 1.0, "1", 2.5, 4, 4.0, "4")] == ["low"] * 3 + ["high"] + ["4"] * 3
    for value in (3, 1.5, -1, 1e300, 10**30, float(2**60)):
        assert member(labels, value).missing == "not_an_option"
    assert member(item("multi_select", [("low", "1"), ("high", "2")]), [2, 1.0]) == Reading(("low", "high"))


@pytest.mark.parametrize("type_", TYPES)
def test_null_declines_where_the_schema_allows_it(type_):
    assert member(of(type_, decline="schema"), None) == Reading("declined")
    assert member(of(type_), None) == Reading(missing="unparseable")
    assert member(of(type_, decline="option"), None) == Reading(missing="unparseable")


@pytest.mark.parametrize("type_", TYPES)
def test_declining_as_an_option(type_):
    value = ["declined"] if type_ in {"multi_select", "ranking"} else "declined"
    assert member(of(type_, decline="option"), value) == Reading("declined")


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("value", [True, {}, {"a": 1}, msgspec.UNSET, [None], [[]], [True]])
def test_values_of_no_type(type_, value):
    assert member(of(type_), value) == Reading(missing="unparseable")


@pytest.mark.parametrize("type_", [t for t in TYPES if t != "free_text"])
def test_a_refusal_as_a_string(type_):
    assert member(of(type_), "I cannot answer that.") == Reading(missing="refused")


def test_several_options():
    several = of("multi_select")
    assert member(several, ["c", "a"]) == Reading(("a", "c"))
    assert member(several, ["C."]) == Reading(("c",))
    assert member(several, []) == Reading(())
    assert member(several, ["a", "A"]).missing == member(several, "a").missing == "unparseable"
    assert member(several, ["a", "d"]).missing == member(several, [1]).missing == "not_an_option"
    assert member(of("multi_select", decline="option"), ["a", "declined"]).missing == "unparseable"
    assert member(item("multi_select", [(1, "2"), (2, "1")]), ["1"]).missing == "unparseable"
    assert member(item("multi_select", ["declined", "b"]), ["declined"]) == Reading(("declined",))


def test_rankings():
    ranking = of("ranking")
    assert member(ranking, ["c", "a", "b"]) == Reading(("c", "a", "b"))
    for value in (["c", "a"], ["c", "a", "a"], ["c", "a", "b", "c"], [], "c, a, b"):
        assert member(ranking, value) == Reading(missing="unparseable")
    assert member(ranking, ["c", "a", "d"]) == Reading(missing="not_an_option")
    assert member(of("ranking", decline="option"), ["a", "b", "c"]) == Reading(("a", "b", "c"))


def test_numbers():
    number = item("numeric", low=0, high=10)
    assert [member(number, v).value for v in (0, 10.0, 1e1, "5", "5.5.")] == [0.0, 10.0, 10.0, 5.0, 5.5]
    assert member(number, -1).missing == member(number, "11").missing == "out_of_range"
    assert member(number, "5 people").missing == "unparseable"
    assert member(item("numeric", integer=True), 5.0) == Reading(5)


@given(st.sampled_from(TYPES), st.sampled_from(["none", "option", "schema"]), JSON)
def test_any_value_is_read_or_missing(type_, decline, value):
    read = member(of(type_, decline=decline), value)
    assert (read.value is None) is (read.missing is not None)


def test_more_keys_than_any_answer_has_are_not_looked_through():
    wide = '{"a": {' + ",".join(f'"k{k}": 1' for k in range(MOST_COLONS)) + "}}"
    assert members_of(wide) is None
    assert members_of(wide, MOST_COLONS + 1) is not None
    assert members_of('{"a": "' + ":" * (MOST_COLONS - 1) + '"}') == {"a": ":" * (MOST_COLONS - 1)}


def test_a_list_longer_than_the_options_is_not_read():
    assert member(of("multi_select"), ["a"] * 100_000) == Reading(missing="unparseable")
