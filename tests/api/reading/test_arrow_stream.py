from __future__ import annotations

import random
import sys
from collections import Counter

import pyarrow as pa
import pytest

from service.api.reading.arrow_stream import metadata, open_arrow, read_arrow
from service.api.reading.cells import Kind
from service.web.problems import ProblemError
from tests.api.reading.streams import COLUMNS, stream


def refusal(body: bytes, limit: int = 1000) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        open_arrow(body, limit)
    return caught.value


def test_the_table_and_the_texts_beside_it() -> None:
    table = open_arrow(bytearray(stream(metadata={"plan": "{}"}, batches=3)), 1000)
    assert table.num_rows == 3
    assert metadata(table) == {"plan": "{}"}
    assert metadata(open_arrow(stream(), 1000)) == {}


def test_texts_are_utf_8() -> None:
    table = pa.table(COLUMNS).replace_schema_metadata({"plan": b"\xff"})
    with pytest.raises(ProblemError, match="invalid_utf8"):
        metadata(table)


def test_wanted_columns_are_read_and_those_of_another_type_refused() -> None:
    wanted = {("y", Kind.NUMBERS), ("sex", Kind.NUMBERS), ("told", Kind.TRUTH), ("gone", Kind.NAMES)}
    file = read_arrow(open_arrow(stream(), 1000), wanted)
    assert file.header == tuple(COLUMNS)
    assert file.columns == {("y", Kind.NUMBERS): [3.0, None, 2.5], ("told", Kind.TRUTH): [True, False, None]}
    code, text, hint = file.refused["sex", Kind.NUMBERS]
    assert (code, text.startswith("Expected numbers, got the Arrow type dictionary")) == ("wrong_type", True)
    assert "float64" in hint


def test_what_is_no_stream() -> None:
    assert refusal(b"").code == "empty_body"
    assert refusal(b"y,n\n1,2\n").code == "malformed_arrow"
    assert refusal(stream(), 10).code == "too_many_numbers"
    assert refusal(stream(compression="zstd")).code == "compressed_arrow"


def test_a_name_twice_is_refused() -> None:
    table = pa.table([COLUMNS["y"], COLUMNS["n"]], names=["y", "y"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    assert refusal(sink.getvalue().to_pybytes()).code == "duplicate_header"


def test_text_that_is_not_utf_8_is_refused() -> None:
    assert refusal(stream().replace(b"fm", b"\xff\xff")).code == "malformed_arrow"


def test_without_the_extra_it_is_another_media_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    problem = refusal(stream())
    assert problem.code == "unsupported_media_type"
    assert "rectifier[arrow]" in problem.detail


def test_damaged_streams_are_refused_or_read() -> None:
    rng, seen = random.Random(5), Counter[str]()
    whole = [stream(), stream(batches=3), stream({"y": COLUMNS["y"]}, {"data": "{}"})]
    for _ in range(1500):
        body = bytearray(rng.choice(whole))
        for _ in range(rng.choice([1, 1, 3, 20])):
            body[rng.randrange(len(body))] = rng.choice([0, 1, 255, rng.randrange(256)])
        try:
            table = open_arrow(body, 1000)
            read_arrow(table, {(name, kind) for name in COLUMNS for kind in Kind})
            seen["read"] += 1
        except ProblemError as problem:
            seen[problem.code] += 1
    assert set(seen) <= {"read", "malformed_arrow", "too_many_numbers", "compressed_arrow", "duplicate_header"}
    assert min(seen["read"], seen["malformed_arrow"]) > 100
