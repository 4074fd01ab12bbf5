"""Responses as JSON files: what a provider sends, where its shape is documented, and what must be read from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from service.gateway.providers.protocol import Call, Codec, Completion, Failure, Question, Received
from service.gateway.study import Item, Option

FOLDER = Path(__file__).parent / "fixtures"
SCHEMA = {
    "type": "object",
    "properties": {"q1": {"type": "integer", "enum": [1, 2, 3, 4, 5]}},
    "required": ["q1"],
    "additionalProperties": False,
}
OPTIONS = tuple(Option(code, f"level {code}") for code in range(1, 6))
QUESTION = Question(Item("q1", "likert", "How much?", OPTIONS), OPTIONS)


def call_of(kind, model="some-model", system="You are 34 years old.", **parameters):
    """A call of one of the kinds that chat codecs are asked for."""
    schema = SCHEMA if kind in {"sample", "verbalized"} else None
    labels = ("A", "B", "C", "D", "E") if kind == "logprob" else ()
    method = "sample" if kind == "free_text" else kind
    return Call(model, method, system, "How much?", (QUESTION,), schema, labels, parameters)


@dataclass(frozen=True)
class Recorded:
    name: str
    source: str
    call: Call
    received: Received
    expect: dict

    @property
    def body(self):
        return json.loads(self.received.body)

    @property
    def is_answer(self):
        return "failure" not in self.expect


def recorded(codec: str) -> tuple[Recorded, ...]:
    """All fixtures of a codec, in the order of their names."""
    return tuple(_read(path) for path in sorted((FOLDER / codec).glob("*.json")))


def _read(path: Path) -> Recorded:
    read = json.loads(path.read_text())
    received = Received(read["status"], read["headers"], json.dumps(read["body"]).encode())
    return Recorded(path.stem, read["source"], call_of(read["call"]), received, read["expect"])


def plain(decoded: Completion | Failure) -> dict:
    """What was decoded, in the form in which the fixtures state it."""
    if isinstance(decoded, Failure):
        names = ("missing", "retryable", "by", "retry_after", "request_id")
        return {"failure": {name: getattr(decoded, name) for name in names}}
    usage = decoded.usage
    read = {
        "text": decoded.text,
        "missing": decoded.missing,
        "usage": [usage.input, usage.cached_input, usage.output, usage.reasoning] if usage else None,
        "logprobs": [list(pair) for pair in decoded.logprobs] if decoded.logprobs else None,
        "model_returned": decoded.model_returned,
        "fingerprint": decoded.fingerprint,
        "request_id": decoded.request_id,
    }
    return {name: value for name, value in read.items() if value is not None or name in {"text", "missing", "usage"}}


def without(body: dict, *paths: tuple[str, ...]) -> dict:
    """The body without what stands at the paths, and without objects that this leaves empty."""
    kept = json.loads(json.dumps(body))
    for path in paths:
        _remove(kept, path)
    return kept


def _remove(body: dict, path: tuple[str, ...]) -> None:
    first, *rest = path
    if first not in body:
        return
    if rest:
        _remove(body[first], tuple(rest))
        if body[first]:
            return
    del body[first]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
STATUSES = st.sampled_from(
    [200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 409, 413, 422, 424, 429, 500, 503, 529, 999]
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "date", "x-should-retry", "x-request-id", "x-amzn-errortype"]),
    st.sampled_from(["", "-1", "3", "nan", "1e999", "true", "false", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 x", "é"])
    | st.text(max_size=10),
)
KINDS = st.sampled_from(["sample", "verbalized", "logprob", "free_text"])


def bodies(codec: str) -> st.SearchStrategy[bytes]:
    """Arbitrary bytes, arbitrary JSON, and recorded bodies with one part replaced by arbitrary JSON."""
    spoilt = st.builds(_spoilt, st.sampled_from([each.body for each in recorded(codec)]), st.randoms(), JSON)
    return st.binary(max_size=60) | (JSON | spoilt).map(lambda value: json.dumps(value).encode())


def _spoilt(body, chance, value):
    copy = json.loads(json.dumps(body))
    holder, key = chance.choice(list(_places(copy)))
    holder[key] = value
    return copy


def _places(value) -> Iterator[tuple]:
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def is_sound(codec: Codec, call: Call, received: Received) -> bool:
    """Whether what is decoded keeps the protocol's promises; raises where the codec raises."""
    decoded = codec.decode(call, received)
    if isinstance(decoded, Failure):
        return decoded.missing is not None and (decoded.retry_after is None or decoded.retry_after >= 0)
    if decoded.missing is not None:
        return decoded.logprobs is None and decoded.detail != ""
    return bool(decoded.logprobs if call.method == "logprob" else decoded.text)
