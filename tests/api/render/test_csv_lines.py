from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest

from service.api.render.csv_lines import Lines, columns, single_line, table
from service.api.routes.calibrations import calibrations
from service.api.routes.designs import designs


class Interval(msgspec.Struct):
    lower: float | None
    upper: float | None


class Part(msgspec.Struct):
    name: str
    interval: Interval


class Item(msgspec.Struct):
    name: str
    n: int
    interval: Interval
    other: Interval | None
    parts: list[Part]
    free: dict[str, float]
    good: bool


class Reply(msgspec.Struct):
    digest: str
    items: list[Item]
    total: Item
    warnings: list[Any]


LINES = Lines("items", instead="total", repeated=("digest",))
HEADER = "name,n,interval_lower,interval_upper,other_lower,other_upper,parts,free,good,digest,warnings"


def item(name: str = "a - b", **fields) -> dict:
    whole = {"name": name, "n": 3, "interval": {"lower": -0.1, "upper": None}, "other": None, "parts": [], "free": {}}
    return whole | {"good": True} | fields


def reply(*items: dict, warnings=()) -> dict:
    return {"digest": "sha256:0", "items": list(items), "total": item("total"), "warnings": list(warnings)}


def lines(answer: dict) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table(answer, Reply, LINES).decode(), newline="")))


def test_one_line_each_with_the_names_of_the_wire() -> None:
    text = table(reply(item(), item("c", other={"lower": 1e-7, "upper": 2})), Reply, LINES).decode()
    assert text.split("\r\n") == [
        HEADER,
        "a - b,3,-0.1,,,,[],{},true,sha256:0,",
        "c,3,-0.1,,1e-7,2,[],{},true,sha256:0,",
        "",
    ]


def test_lists_and_free_objects_are_json() -> None:
    parts = [{"name": "=x", "interval": {"lower": 1.0, "upper": 2.0}}]
    row = lines(reply(item(parts=parts, free={"a,b": 1.5})))[1]
    assert msgspec.json.decode(row[6]) == parts
    assert msgspec.json.decode(row[7]) == {"a,b": 1.5}


def test_warnings_stand_on_every_line() -> None:
    found = [{"code": "few_humans", "message": "Only 9, really.", "pointer": "/data/arms/0/human"},
             {"code": "no_pool", "message": "None.", "pointer": ""}]  # fmt: skip
    rows = lines(reply(item(), item(), warnings=found))
    assert {row[-1] for row in rows[1:]} == {"few_humans /data/arms/0/human: Only 9, really. | no_pool : None."}


def test_an_empty_list_leaves_the_one_that_stands_in() -> None:
    assert [row[0] for row in lines(reply())] == ["name", "total"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\n1", "＝1", "\x00=1"])
def test_a_name_never_begins_a_formula(name: str) -> None:
    assert lines(reply(item(name)))[1][0] == f"'{name}"


@pytest.mark.parametrize("name", ["a=1", "treatment - control", "", "1", "'=1", 'say "hi", then', "two\nlines"])
def test_other_names_stand_as_they_are(name: str) -> None:
    assert lines(reply(item(name)))[1][0] == name


def test_a_single_line_for_what_has_no_lines() -> None:
    class Valid(msgspec.Struct):
        valid: bool
        interval: Interval
        warnings: list[Any]

    answer = {"valid": True, "interval": {"lower": 1.0, "upper": None}, "warnings": []}
    assert single_line(answer, Valid).decode() == "valid,interval_lower,interval_upper,warnings\r\ntrue,1.0,,\r\n"


@pytest.mark.parametrize("computation", [calibrations(), designs()])
def test_the_real_answers_have_every_column_once(computation) -> None:
    chosen = computation.lines
    listed = next(
        f.type for f in msgspec.inspect.type_info(computation.steps().answer).fields if f.name == chosen.field
    )
    names = ["_".join(path) for path in columns(listed.item_type)] + [*chosen.repeated, "warnings"]
    assert len(set(names)) == len(names)


def test_the_columns_of_an_estimate_are_those_of_the_contract() -> None:
    listed = next(
        f.type for f in msgspec.inspect.type_info(calibrations().steps().answer).fields if f.name == "estimates"
    )
    names = {"_".join(path) for path in columns(listed.item_type)}
    assert names >= {"name", "outcome", "claim", "estimate", "p_value", "interval_lower", "human_only_estimate",
                     "human_only_interval_upper", "llm_only_claim", "effective_sample_size", "verdict"}  # fmt: skip
