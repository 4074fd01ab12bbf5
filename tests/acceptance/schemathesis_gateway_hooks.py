"""What schemathesis must be told of the gateway: how its streams are read, what a study and a conversation look like.

Answers are counted in the file that ``SCHEMATHESIS_SEEN`` names: one line each, status, path and media type.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

import jsonschema_rs
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

NDJSON, SSE = "application/x-ndjson", "text/event-stream"
DOCUMENT = json.loads(Path("openapi/gateway.json").read_text(encoding="utf-8"))
RUN = DOCUMENT["paths"]["/v1/generations"]["post"]["responses"]["200"]["content"][NDJSON]["schema"]
RECORD = jsonschema_rs.validator_for(RUN | {"components": DOCUMENT["components"]})
PLACE = ("unit_id", "arm", "item", "model", "replicate")
GENERATING = {"/v1/generations", "/v1/generations/plan"}


@schemathesis.deserializer(NDJSON)
def last_line(_context: object, response: Any) -> Any:
    """The document says what one line is; ``whole_runs`` looks at all of them."""
    return json.loads(response.content.splitlines()[-1])


@schemathesis.check
def whole_runs(_context: object, response: Any, case: Any) -> None:
    """A run's records fit the document, none is an error, the end is last, and every cell of the design comes once."""
    if case.operation.path != "/v1/generations" or response.status_code != 200:
        return
    records = list(_records(response))
    for record in records:
        RECORD.validate(record)
    *before, end = records
    cells = [record for record in before if record["type"] == "cell"]
    kinds = {record["type"] for record in before} | {end["type"]}
    assert kinds - {"progress", "cell"} == {"end"}, f"records of the kinds {kinds}"
    assert end["type"] == "end", f"{end['type']} is last"
    places = {tuple(cell[name] for name in PLACE) for cell in cells}
    assert len(places) == len(cells), f"{len(cells)} cells at {len(places)} places"
    if isinstance(case.body, dict) and not (case.body.get("resume") or {}).get("done"):
        expected = _planned(case.body)
        assert len(cells) == expected, f"{len(cells)} cells, {expected} planned"
        assert sum(end["counts"].values()) == expected, f"{end['counts']}, {expected} planned"


@schemathesis.hook
def after_call(_context: object, case: Any, response: Any) -> None:
    """Count it."""
    kind = response.headers.get("content-type", [""])[0].partition(";")[0]
    with Path(os.environ["SCHEMATHESIS_SEEN"]).open("a", encoding="utf-8") as seen:
        seen.write(f"{response.status_code} {case.operation.path} {kind}\n")


@schemathesis.hook
def flatmap_case(_context: object, case: Any) -> st.SearchStrategy[Any]:
    """Most good requests for answers are whole ones: OpenAPI has no words for names that must be known."""
    if not case.meta or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return st.just(case)
    whole = STUDIES if case.operation.path in GENERATING else CHATS if "chat" in case.operation.path else None
    if whole is None:
        return st.just(case)
    return st.one_of(st.just(case), *[whole.map(lambda body: _carrying(case, body)) for _ in range(5)])


def _carrying(case: Any, body: dict[str, Any]) -> Any:
    """The case with this body; about half are to be answered by events, as the body's own digits decide."""
    events = zlib.crc32(json.dumps(body).encode()) % 2 == 1
    if case.operation.path == "/v1/generations":
        case.headers["Accept"] = SSE if events else NDJSON
    case.body = body | ({"stream": events} if "messages" in body else {})
    return case


def _records(response: Any) -> Any:
    lines = response.content.decode().split("\n")
    if response.headers["content-type"][0].startswith(SSE):
        lines = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return (json.loads(line) for line in lines if line)


def _planned(body: dict[str, Any]) -> int:
    arms = 1 if body.get("assignment") == "assigned" else len(body.get("arms") or [None])
    replicates = body["elicitation"].get("replicates") or 1
    return len(body["personas"]) * arms * len(body["items"]) * len(body["models"]) * replicates


TYPES = {
    "decision": ["choice", "likert", "multi_select"],
    "logprob": ["choice", "likert"],
    "verbalized": ["choice", "likert", "multi_select"],
    "sample": ["choice", "likert", "multi_select", "numeric", "free_text", "ranking"],
}
WORDS = st.sampled_from(["Do you agree?", "Wie oft? {}", "¿Sí?", "", "x" * 300, "{{item}}", "\u2028 \x00"])
RATE = st.sampled_from([0.0, 0.2, 1.0])
SIMULATED = st.fixed_dictionaries(
    {}, optional={"noise": RATE, "bias": RATE, "refusal_rate": RATE, "malformed_rate": RATE, "off_option": RATE}
)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "max_output_tokens": st.integers(1, 1000),
        "seed": st.integers(0, 2**31 - 1),
        "stop": st.lists(st.sampled_from(["END", "\n"]), max_size=4),
        "simulated": SIMULATED,
    },
)
LIMITS = st.fixed_dictionaries({}, optional={"tokens": st.integers(1, 10_000), "calls": st.integers(1, 20)})


@st.composite
def _item(draw: st.DrawFn, name: str, method: str) -> dict[str, Any]:
    """An item that the method can ask."""
    kind = draw(st.sampled_from(TYPES[method]))
    item = {"name": name, "type": kind, "text": draw(WORDS)}
    if kind == "numeric":
        return item | {"min": 0, "max": draw(st.integers(1, 100)), "integer": draw(st.booleans())}
    if kind == "free_text":
        return item
    codes = range(draw(st.integers(-3, 3)), draw(st.integers(5, 8)))
    return item | {"options": [{"code": code, "label": f"level {code}"} for code in codes]}


@st.composite
def _study(draw: st.DrawFn) -> dict[str, Any]:
    """A small study that can be run."""
    method = draw(st.sampled_from(sorted(TYPES)))
    arms = [{"name": name, "text": draw(WORDS)} for name in ("control", "treatment")[: draw(st.integers(1, 2))]]
    age, human = st.sampled_from([34, 70.5, "old", None, True]), st.sampled_from([True, False, None])
    personas = [
        {"unit_id": f"u{k}", "attributes": {"age": draw(age)}, "arm": arms[k % len(arms)]["name"], "human": draw(human)}
        for k in range(draw(st.integers(1, 3)))
    ]
    models = [{"name": f"m{k}", "parameters": draw(PARAMETERS)} for k in range(draw(st.integers(1, 2)))]
    study = {
        "personas": personas,
        "arms": arms,
        "items": [draw(_item(f"q{k}", method)) for k in range(draw(st.integers(1, 3)))],
        "models": [model | {"provider": "simulated", "model": "simulated"} for model in models],
        "elicitation": {"method": method, "replicates": draw(st.sampled_from([1, 2, None]))},
        "template": {"system": "You are {age}.", "user": "{arm}\n{item}"},
    }
    choices = {
        "assignment": ["crossed", "assigned", None],
        "execution_order": ["random", "sequential", None],
        "cache": ["use", "refresh", "off", None],
        "output": ["cells", "cells", "calibration"],
        "seed": [0, 2**53, None],
    }
    return study | {name: draw(st.sampled_from(of)) for name, of in choices.items()} | {"limits": draw(LIMITS)}


@st.composite
def _chat(draw: st.DrawFn) -> dict[str, Any]:
    """A conversation of one turn with the embedded provider."""
    system = [{"role": "system", "content": draw(WORDS)}] if draw(st.booleans()) else []
    parameters = {"temperature": st.floats(0, 2), "max_tokens": st.integers(1, 100)}
    chosen = draw(st.fixed_dictionaries({}, optional=parameters))
    return {"model": "simulated/simulated", "messages": [*system, {"role": "user", "content": draw(WORDS)}]} | chosen


STUDIES, CHATS = _study(), _chat()
