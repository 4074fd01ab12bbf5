from __future__ import annotations

import json
import struct

import msgspec
import pytest

from service.web import columns_json
from service.web.columns_json import FEWEST, SCALAR, ColumnsDecoder, shape_of
from tests.web.refusals import DECODER
from tests.web.study import Arrays, Binary, Plan, Strict, Study

MANY = [float(i) for i in range(40)]
ARM = {"name": "control", "human": MANY, "llm": [3, None, 2]}
GOOD = {"data": {"layout": "arrays", "arms": [ARM]}, "plan": {"estimator": "ppi", "target": MANY}}
FAST = ColumnsDecoder(Study, Binary, lambda numbers: Binary("<f8", bytes(numbers)))


def read(document: object, decoder: ColumnsDecoder = FAST) -> object:
    return decoder.decode(document if isinstance(document, bytes) else json.dumps(document).encode())


def numbers(column: Binary) -> list[float]:
    return list(struct.unpack(f"{len(column.data) // 8}d", column.data))


def text(numbers_as_written: str) -> bytes:
    return json.dumps(GOOD).replace(json.dumps(MANY), numbers_as_written, 1).encode()


def test_long_lists_of_numbers_are_buffers_where_one_may_stand_and_the_rest_is_the_same() -> None:
    fast, strict = read(GOOD), DECODER.decode(json.dumps(GOOD).encode())
    assert fast.plan == strict.plan
    assert fast.plan.target == MANY  # no binary array may stand there
    (arm,) = fast.data.arms
    assert (numbers(arm.human), arm.llm, arm.name) == (MANY, [3.0, None, 2.0], "control")


def test_short_lists_stay_lists() -> None:
    document = {"data": {"layout": "arrays", "arms": [ARM | {"human": MANY[: FEWEST - 1]}]}}
    assert read(document) == DECODER.decode(json.dumps(document).encode())


@pytest.mark.parametrize(
    "column",
    ["[" + "1.5, " * 40 + "null]", "[" + "1.5, " * 40 + "2]", "[-0" + ", 9007199254740993" * 40 + ", 5e-324]"],
)
def test_a_column_has_the_values_of_the_strict_decoder(column: str) -> None:
    fast, strict = read(text(column)).data.arms[0].human, DECODER.decode(text(column)).data.arms[0].human
    assert (numbers(fast) if isinstance(fast, Binary) else fast) == strict


@pytest.mark.parametrize(
    "column",
    [
        "[" + "[1], " * 40 + "[1]]",
        "[" + "1, " * 40 + "[1]]",
        "[" + "1, " * 39 + "[1, 2], []]",
        "[" + "1, " * 40 + "true]",
        "[" + "1, " * 40 + '"NA"]',
        "[" + "1, " * 40 + "1e400]",
        "[" + "1, " * 40 + "18446744073709551616]",
        "[" + "1, " * 40 + "NaN]",
        "[" + "1, " * 40 + "]",
        "[" + "1, " * 40 + "01]",
        "3",
        '{"a": 1}',
    ],
)
def test_what_is_no_column_of_numbers_is_left_to_the_strict_decoder(column: str) -> None:
    assert read(text(column)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"name": "control"', '"name": "control", "name": "x"'),
        ('"name": "control"', '"name": "control", "n\\u0061me": "x"'),
        ('"name"', '"name\\u0000"'),
        ('"name"', '"names"'),
        ('"layout": "arrays"', '"layout": "tables"'),
        ('"layout": "arrays", ', ""),
        ('"layout": "arrays"', '"layout": ["arrays"]'),
        ('"estimator": "ppi"', '"estimator": "none"'),
        ('"estimator": "ppi"', '"estimator": "ppi", "costs": {"a": 1, "a": 2}'),
        ('"estimator": "ppi"', '"replicates": 3.0'),
        ('"estimator": "ppi"', '"estimator": ["ppi"]'),
        ('"estimator": "ppi"', '"estimator": {"ppi": 1}'),
        ('"control"', '"\\ud800"'),
        ('"control"', '"control"}, {"name": 1'),
    ],
)
def test_doubts_are_left_to_the_strict_decoder(old: str, new: str) -> None:
    body = json.dumps(GOOD)
    assert old in body
    assert read(body.replace(old, new, 1).encode()) is None


def test_a_key_with_a_nul_is_not_looked_up() -> None:
    plan = '"costs": {"a": 1}, "confidence_level": 0.9'
    body = json.dumps(GOOD).replace('"estimator": "ppi"', plan).replace('"llm":', '"human\\u0000": [1], "llm":')
    assert "u0000" in body
    assert read(body.encode()) is None
    covariates = {"table": {"a": [{"b": MANY}], "a\0c": [{"b": [1.0]}]}}
    assert read(covariates, NESTED) is None


@pytest.mark.parametrize("body", [b"", b" ", b"{", b"3", b"[]", b"\xff", b"\xef\xbb\xbf\xef\xbb\xbf{}", b"[" * 5000])
def test_bytes_that_are_no_such_document(body: bytes) -> None:
    assert read(body) is None


def test_brackets_in_names_are_no_lists() -> None:
    document = {"data": {"layout": "arrays", "arms": [ARM | {"name": "[[control]"}]}}
    assert read(document).data.arms[0].name == "[[control]"


def test_one_byte_order_mark_is_no_part_of_the_document() -> None:
    assert read(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()) == read(GOOD)


def test_objects_of_many_keys_and_bodies_of_many_objects_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"layout": "table", "outcomes": {f"y{i}": [1] for i in range(5)}}
    assert read({"data": table}, ColumnsDecoder(Study, Binary, Binary)) is None  # it has no binary column
    monkeypatch.setattr(columns_json, "_MAX_KEYS", 2)
    assert read({"data": {"layout": "arrays", "arms": [ARM]}}) is None
    monkeypatch.setattr(columns_json, "_MAX_KEYS", 3)
    assert read({"data": {"layout": "arrays", "arms": [ARM]}}) is not None
    monkeypatch.setattr(columns_json, "_MAX_CONTAINERS", 5)
    assert read({"data": {"layout": "arrays", "arms": [ARM]}}) is None


def test_an_exception_of_whoever_packs_is_a_doubt_too() -> None:
    def broken(_numbers: memoryview) -> Binary:
        raise KeyError

    assert read(GOOD, ColumnsDecoder(Study, Binary, broken)) is None


def test_without_simdjson_and_without_columns_it_is_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FAST.of_use
    assert not ColumnsDecoder(Plan, Binary, Binary).of_use
    monkeypatch.setattr(columns_json, "Parser", None)
    assert not ColumnsDecoder(Study, Binary, Binary).of_use
    assert read(GOOD) is None


class Nested(Strict):
    table: dict[str, list[dict[str, list[float] | Binary]]] | None = None
    names: list[str] | None = None


NESTED = ColumnsDecoder(Nested, Binary, lambda n: Binary("<f8", bytes(n)))


def test_columns_are_found_in_the_type_wherever_they_stand() -> None:
    shape = shape_of(msgspec.inspect.type_info(Nested), Binary)
    fields = shape.members[None].fields
    table, names = fields["table"], fields["names"]
    assert table.values.items.values.column
    assert table.columns
    assert (names.columns, names.items) == (False, SCALAR)
    nested = {"table": {"a": [{"b": MANY}]}, "names": ["[x"]}
    assert numbers(read(nested, NESTED).table["a"][0]["b"]) == MANY
    assert shape_of(msgspec.inspect.type_info(Arrays), Binary).tag == "layout"


def test_what_is_long_by_its_base64_is_left_to_the_strict_decoder_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    binary = {"dtype": "<f8", "data": "A" * 20_000}
    columns = ({"human": binary}, {"human": binary, "llm": MANY * 500})
    long, mixed = ({"data": {"layout": "arrays", "arms": [ARM | column]}} for column in columns)
    assert read({"data": {"layout": "arrays", "arms": [ARM | {"human": MANY * 500}]}}) is not None
    parsed: list[object] = []
    monkeypatch.setattr(columns_json, "Parser", lambda: parsed.append(1))
    assert read(long) is None
    assert not parsed
    assert read(mixed) is None  # as the parser is none
    assert parsed
