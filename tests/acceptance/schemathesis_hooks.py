"""What schemathesis must be told of our media types: how MessagePack is written and read, what CSV looks like."""

from __future__ import annotations

import csv
import io
import itertools
from functools import partial
from typing import Any

import msgspec
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

MSGPACK = "application/vnd.msgpack"
ACCEPTED = itertools.cycle(
    ["application/json"] * 4 + ["text/html", "application/json", "image/svg+xml", "text/csv, */*"]
)
"""What requests ask for in turn: a report takes longer than most of what is made up."""
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
    if case.method.upper() == "POST" and case.headers is not None and "Accept" not in case.headers:
        case.headers["Accept"] = next(ACCEPTED)


@schemathesis.hook
def flatmap_case(_context: object, case: Any) -> st.SearchStrategy[Any]:
    """Four of five good requests are whole: OpenAPI has no words for columns of one length, or names that differ."""
    good = case.meta and case.meta.generation.mode is GenerationMode.POSITIVE
    whole = WHOLE.get(case.operation.path)
    if not good or whole is None or case.media_type == "text/csv":
        return st.just(case)
    return st.sampled_from(range(5)).flatmap(lambda k: whole.map(partial(_carrying, case)) if k else st.just(case))


def _carrying(case: Any, body: dict[str, Any]) -> Any:
    case.body = body
    return case


@st.composite
def _arm(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """People, the LLM's answers for them, and LLM-only units; everybody's answers differ."""
    answer, prediction = st.sampled_from([1, 2, 3, 4.5]), st.sampled_from([1.5, 2, 3, None])
    human = [1, 4, *draw(st.lists(answer, min_size=10, max_size=30))]
    llm = [1, 4, *draw(st.lists(prediction, min_size=len(human) - 2, max_size=len(human) - 2))]
    return {"name": name, "human": human, "llm": llm, "llm_only": draw(st.lists(prediction, max_size=30))}


@st.composite
def _study(draw: st.DrawFn) -> dict[str, Any]:
    """A study that can be analysed and a plan for it."""
    arms = [draw(_arm(name)) for name in ("control", "treatment", "other")[: draw(st.integers(1, 3))]]
    plan = {
        "estimator": draw(st.sampled_from(["auto", "regression", "human_only", "ppi", "power_tuned", None])),
        "interval": draw(st.sampled_from(["auto", "t", "normal", "bootstrap", None])),
        "alternative": draw(st.sampled_from(["two_sided", "greater", "less", None])),
        "confidence_level": draw(st.sampled_from([0.8, 0.95, 0.99, None])),
    }
    return {"data": {"layout": "arrays", "arms": arms}, "plan": plan}


@st.composite
def _record(draw: st.DrawFn) -> dict[str, Any]:
    """Past studies of different names, and a new one; four are enough for some of what is told, twelve for all."""
    effect = st.fixed_dictionaries({"estimate": st.floats(-2, 2), "standard_error": st.floats(0.01, 1)})
    names = [f"s{k}" for k in range(draw(st.integers(4, 12)))]
    studies = [{"name": name, "human": draw(effect), "llm": draw(effect)} for name in names]
    return {
        "studies": studies,
        "new": {"name": "new", "llm": draw(effect)},
        "confidence_level": draw(st.sampled_from([0.8, 0.95, None])),
    }


WHOLE = {
    "/v1/calibrations": _study(),
    "/v1/diagnostics": _study().map(lambda study: {"data": study["data"]}),
    "/v1/track-records": _record(),
}


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
