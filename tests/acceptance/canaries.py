"""What is planted and where it is looked for: strings and numbers that stand nowhere else.

Values and keys may come back to nobody; names of fields and columns may stand in the caller's own answer.
"""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from service.api.parts import calibration_parts
from service.api.routes.computation import Computation
from tests.acceptance.talk import request

VALUE = "Zaphod17value"
NAME = "Zaphod23name"
KEY = "Zaphod31key"
NUMBERS = (8675309.0421, 5551.2368)
LOOKED_FOR = re.compile(rb"(?i)zaphod|8675309|5551\.?2368|5\.5512368|8\.6753090")

ARMS = [
    {"name": NAME, "human": [3, 4, 2, NUMBERS[0]], "llm": [3, 3, 2, 4.5], "llm_only": [2, 3, NUMBERS[1]]},
    {"name": "b", "human": [4, 5, 4, NUMBERS[1]], "llm": [4, 4, 5, 5.5], "llm_only": [2, 3, 4]},
]
ARRAYS = {"data": {"layout": "arrays", "arms": ARMS}}
ROWS = 12
TABLE = {
    "plan": {"estimator": "auto"},
    "data": {
        "layout": "table",
        "prediction_design": "independent",
        "arm": [NAME, "b"] * (ROWS // 2),
        "outcomes": {f"{NAME}-outcome": [k % 5 + NUMBERS[1] for k in range(ROWS)]},
        "predictions": [{"model": f"{NAME}-model", "values": [k % 4 + NUMBERS[1] for k in range(ROWS)]}],
        "covariates": {f"{NAME}-covariate": [VALUE, "other"] * (ROWS // 2)},
        "unit": [f"{VALUE}-{k}" for k in range(ROWS)],
    },
}
DESIGN = {
    "basis": {"kind": "assumed", "outcome_sd": NUMBERS[1], "ppi_correlation": {NAME: 0.6}},
    "costs": {"human": NUMBERS[0], "llm": {NAME: 0.2}},
    "objective": {"kind": "budget", "budget": 1e9},
}
SCREENING = {
    "hypotheses": [
        {
            "name": NAME,
            "llm": {"estimate": NUMBERS[0], "standard_error": 1},
            "human": {"estimate": NUMBERS[1], "standard_error": 1},
        },
        {"name": "b", "llm": {"estimate": 1, "standard_error": 1}},
    ],
}
DIAGNOSTICS = {
    "data": TABLE["data"],
    "settings": {
        "model_cutoffs": {f"{NAME}-model": "2025-06-01"},
        "fieldwork_start": "2026-03-01",
        "margin": NUMBERS[1],
    },
}
TRACK_RECORD = {
    "studies": [
        {
            "name": f"{NAME}-{k}",
            "human": {"estimate": NUMBERS[0] + k % 3, "standard_error": NUMBERS[1]},
            "llm": {"estimate": NUMBERS[0] + 2 * k % 7, "standard_error": 0.5},
        }
        for k in range(8)
    ],
    "new": {"name": NAME, "llm": {"estimate": NUMBERS[0], "standard_error": 0.5}},
    "confidence_level": 0.9,
}
BODIES = {
    "/v1/calibrations": {"arrays": ARRAYS, "table": TABLE},
    "/v1/designs": {"design": DESIGN},
    "/v1/diagnostics": {"diagnostics": DIAGNOSTICS, "diagnostics of arrays": ARRAYS},
    "/v1/screenings": {"screening": SCREENING},
    "/v1/track-records": {"track record": TRACK_RECORD},
}
"""Good requests of every computing path: one without any fails below."""
COMPUTATIONS = calibration_parts().computations
CSV = f"{NAME},x\n" + "".join(f"{3 + k % 3 + NUMBERS[1]},{k % 4}\n" for k in range(ROWS))
CSV_QUERY = (
    "data=%7B%22layout%22%3A%22table%22%2C%22outcomes%22%3A%7B%22y%22%3A%22" + NAME + "%22%7D%2C%22predictions%22%3A"
    "%5B%7B%22values%22%3A%22x%22%7D%5D%7D"
)
MSGPACK = "application/vnd.msgpack"
ARROW = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True)
class Sending:
    """One request with canaries in it; ``ok``: it is a good one."""

    name: str
    content: bytes
    ok: bool = False
    head: bool = field(default=False)


def posted(name: str, path: str, body: object, *, ok: bool = False, **headers: str) -> Sending:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Sending(name, request("POST", path, content, **headers), ok)


def arrow() -> bytes:
    """An Arrow stream with canaries in columns, values and the metadata of its schema."""
    data = {"layout": "table", "outcomes": {"y": NAME}, "predictions": [{"values": "x"}]}
    table = pa.table({NAME: [3 + k % 3 + NUMBERS[1] for k in range(ROWS)], "x": [float(k % 4) for k in range(ROWS)]})
    table = table.replace_schema_metadata({"data": json.dumps(data), VALUE: VALUE})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def well(name: str, computation: Computation[Any, Any], body: object, key: str) -> Iterator[Sending]:
    """One good body by every way in and out that its path has."""
    path, plain = computation.path, json.dumps(body).encode()
    yield posted(f"{name} in JSON", path, plain, ok=True, X_API_Key=key)
    yield posted(f"{name} by bearer", path, plain, ok=True, Authorization=f"Bearer {key}")
    yield posted(f"{name} validated", f"{path}?validate_only=true", plain, ok=True, X_API_Key=key)
    packed = msgspec.msgpack.encode(body)
    yield posted(f"{name} in MessagePack", path, packed, ok=True, X_API_Key=key, Content_Type=MSGPACK, Accept=MSGPACK)
    squeezed = gzip.compress(plain, mtime=0)
    yield posted(f"{name} gzipped", path, squeezed, ok=True, X_API_Key=key, Content_Encoding="gzip")
    yield posted(f"{name} in a thread", path, plain + b" " * (64 << 10), ok=True, X_API_Key=key)
    if computation.lines is not None:
        yield posted(f"{name} to CSV", path, plain, ok=True, X_API_Key=key, Accept="text/csv")
    for media_type in ("text/html", "image/svg+xml"):
        yield posted(f"{name} to {media_type}", path, plain, ok=True, X_API_Key=key, Accept=media_type)


def good(key: str) -> Iterator[Sending]:
    """Requests that are answered, by media type and encoding, small and large."""
    for computation in COMPUTATIONS:
        for name, body in BODIES[computation.path].items():
            yield from well(name, computation, body, key)
    large = {**ARRAYS["data"]["arms"][1], "llm_only": [1.5, 2.5, NUMBERS[1]] * 20_000}
    body = {"data": {"layout": "arrays", "arms": [ARMS[0], large]}}
    yield posted("a large body", "/v1/calibrations", body, ok=True, X_API_Key=key)
    yield posted("Arrow", "/v1/calibrations", arrow(), ok=True, X_API_Key=key, Content_Type=ARROW)
    yield posted("CSV", f"/v1/calibrations?{CSV_QUERY}", CSV.encode(), ok=True, X_API_Key=key, Content_Type="text/csv")


def bad(key: str, path: str) -> Iterator[Sending]:
    """Requests to one computing path that are refused, wherever something can be wrong."""
    plain = json.dumps(next(iter(BODIES[path].values()))).encode()
    bodies: dict[str, object] = {
        "truncated": plain[:-9],
        "text among numbers": {"data": {"layout": "arrays", "arms": [ARMS[0] | {"human": [1, VALUE, NUMBERS[0]]}]}},
        "an unknown field": {NAME: VALUE, "data": {NAME: [VALUE]}},
        "an unknown layout": {"data": {"layout": VALUE}},
        "rows": {"data": [{NAME: VALUE}, {NAME: NUMBERS[0]}]},
        "lengths": {"data": {"layout": "arrays", "arms": [ARMS[0] | {"llm": [NUMBERS[0]]}]}},
        "too far": {"data": {"layout": "arrays", "arms": [ARMS[0] | {"human": [1e308, -1e308, NUMBERS[0], 1e308]}]}},
        "a key twice": f'{{"{NAME}": "{VALUE}", "{NAME}": {NUMBERS[0]}}}'.encode(),
        "bare NaN": f'{{"{NAME}": NaN, "x": "{VALUE}"}}'.encode(),
        "no UTF-8": f'{{"{NAME}": "{VALUE}'.encode() + b'\xff"}',
        "no JSON": f"{NAME}={VALUE}&{NUMBERS[0]}".encode(),
        "base64": {"data": {"layout": "arrays", "arms": [ARMS[0] | {"human": {"dtype": "<f8", "data": VALUE}}]}},
        "a secret number": NUMBERS[0],
        "nothing": b"",
    }
    for name, body in bodies.items():
        yield posted(f"{path}: {name}", path, body, X_API_Key=key)
    yield posted(f"{path}: MessagePack", path, b"\x81" + VALUE.encode(), X_API_Key=key, Content_Type=MSGPACK)
    yield posted(f"{path}: Arrow", path, arrow()[:-40], X_API_Key=key, Content_Type=ARROW)
    yield posted(f"{path}: no Arrow", path, VALUE.encode(), X_API_Key=key, Content_Type=ARROW)
    yield posted(f"{path}: CSV", f"{path}?plan={VALUE}&{NAME}=1", CSV.encode(), X_API_Key=key, Content_Type="text/csv")
    yield posted(f"{path}: media type", path, plain, X_API_Key=key, Content_Type=f"text/{VALUE}")
    yield posted(f"{path}: accept", path, plain, X_API_Key=key, Accept=f"image/{VALUE}")
    yield posted(f"{path}: encoding", path, plain, X_API_Key=key, Content_Encoding=VALUE)
    yield posted(f"{path}: no gzip", path, plain, X_API_Key=key, Content_Encoding="gzip")
    yield posted(f"{path}: query", f"{path}?{NAME}={VALUE}", plain, X_API_Key=key)
    yield from strangers(path, plain)


def spoiled(key: str, path: str) -> Iterator[Sending]:
    """Good requests to one computing path with something else in one place of theirs, which most are refused for."""
    for name, body in BODIES[path].items():
        for place, stood in places(body):
            word = NAME if "Zaphod" in str(stood) else VALUE  # a name may come back
            for planted in (word, [VALUE], {NAME: VALUE}, -NUMBERS[0], NUMBERS[1] * 1e300):
                yield posted(f"{path}: {name} at {place}", path, planted_at(body, place, planted), X_API_Key=key)


def places(body: object) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """The values of a document and where they stand, of every list the first."""
    inside = body.items() if isinstance(body, dict) else enumerate(body[:1]) if isinstance(body, list) else None
    if inside is None:
        yield (), body
        return
    for key, value in inside:
        yield from (((key, *place), stood) for place, stood in places(value))


def planted_at(body: object, place: tuple[str | int, ...], planted: object) -> object:
    """A copy of the document with something else in that place."""
    copied: Any = json.loads(json.dumps(body))
    inside = copied
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = planted
    return copied


def strangers(path: str, body: bytes) -> Iterator[Sending]:
    """Requests of people without a right key, to one path, and what need not be a request at all."""
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IlphcGhvZCJ9.eyJzdWIiOiJaYXBob2QifQ.WmFwaG9k"
    for name, headers in {
        "no key": {},
        "a key that is none": {"X_API_Key": KEY},
        "a bearer that is none": {"Authorization": f"Bearer {KEY}"},
        "a password": {"Authorization": f"Basic {KEY}"},
        "a token": {"Authorization": f"Bearer {token}"},
        "a cookie": {"Cookie": f"session={KEY}"},
        "a request id": {"X_Request_Id": f"{VALUE} {VALUE}", "Traceparent": VALUE, "Tracestate": f"x={VALUE}"},
        "a browser": {"User_Agent": VALUE, "Origin": f"https://{VALUE}", "Referer": f"https://{VALUE}/"},
        "a host": {"Host": f"{VALUE} {VALUE}"},
    }.items():
        yield Sending(f"{path}: {name}", request("POST", path, body, **headers))
    yield Sending("an unknown path", request("GET", f"/{NAME}/{VALUE}?{NAME}={VALUE}"))
    yield Sending("an unknown problem", request("GET", f"/v1/problems/{VALUE}"))
    yield Sending("an unknown page", request("GET", f"/docs/{VALUE}"))
    yield Sending("an unknown page in a browser", request("GET", f"/docs/{VALUE}", Accept="text/html"))
    yield Sending("a search", request("GET", f"/docs/search?q={VALUE}&{NAME}={KEY}"), ok=True)
    yield Sending("an unknown page of a section", request("GET", f"/docs/methods/{VALUE}"))
    yield Sending("an unknown asset", request("GET", f"/docs/api/{VALUE}"))
    yield Sending("an unknown file of the workbench", request("GET", f"/workbench/{VALUE}"))
    yield Sending("a wrong method", request(VALUE.upper(), path, body))
    yield Sending("a query of a page", request("GET", f"/metrics?{NAME}={VALUE}"), ok=True)
    yield Sending("no HTTP", f"{VALUE} {KEY}\r\n\r\n".encode())
    yield Sending("endless headers", f"POST {path} HTTP/1.1\r\nHost: x\r\nX: {KEY * 8000}\r\n\r\n".encode())
