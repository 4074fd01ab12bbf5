"""What schemathesis must be told of our media types: how MessagePack is written and read, what CSV looks like."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

MSGPACK = "application/vnd.msgpack"
COLUMNS = ("trust", "condition", "age")


@schemathesis.serializer(MSGPACK)
def pack(_context: object, value: Any) -> bytes:
    return msgspec.msgpack.encode(_small(value))


@schemathesis.deserializer(MSGPACK)
def unpack(_context: object, response: Any) -> Any:
    return msgspec.msgpack.decode(response.content)


@schemathesis.hook
def before_call(_context: object, case: Any, _kwargs: object) -> None:
    """Plan and data belong into the query of a CSV request only, which OpenAPI has no words for."""
    if case.media_type != "text/csv" and case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
        for name in ("plan", "data"):
            case.query.pop(name, None)


def _small(value: Any) -> Any:
    """The value with integers that MessagePack cannot say as floats."""
    if isinstance(value, dict):
        return {str(key): _small(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_small(inner) for inner in value]
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return float(str(value))
    return value if isinstance(value, (str, bytes, int, float, type(None))) else None


def _file(rows: list[tuple[object, ...]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([COLUMNS, *rows])
    return out.getvalue().encode()


CELL = st.one_of(
    st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["a", "b"])
)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), max_size=20)
schemathesis.openapi.media_type("text/csv", ROWS.map(_file))
