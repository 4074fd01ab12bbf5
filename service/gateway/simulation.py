"""The embedded provider's server, in this process: request bytes to response bytes, a function of the bytes alone.

The wire (POST /answers, JSON): ``model``, ``method``, ``system``, ``user``, ``questions`` (item and options as shown),
``schema``, ``labels``, ``draw`` and the parameters. What is particular to it, as parameters or after the model's name
(``simulated:noise=0.5,bias=1``; parameters win):

- ``bias``: latent sd by which the model answers too high; ``noise``: latent sd between draws (default 0.25).
- ``refusal_rate``: share of questions (decisions) or calls (texts, labels) that are refused.
- ``malformed_rate``: share of calls whose answer is not what was asked for: prose for JSON, no log probabilities,
  probabilities that are not one per option.
- ``off_option``: probability of something that is not on offer.
- ``error_rate``: share of calls that fail, half of them 429 with retry-after-ms, half 500; the same at every attempt.
- ``latency_ms``: what the header x-simulated-latency-ms says; whoever sends the request waits, not this.

``temperature`` sharpens or flattens sampled answers, ``max_output_tokens`` cuts texts, ``seed`` and ``draw`` make other
draws; the other generic parameters are taken and change nothing. The persona is the system text, the arm is what stands
before the first question's text in the user's (all of it, if the question is not found). A token is four characters.

**Raises** nothing: what makes no sense is a 400.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from math import isfinite, log
from typing import Final

import msgspec

from service.gateway.propensity import Subject, picked, probabilities, uniforms
from service.gateway.providers.protocol import Question, Received
from service.gateway.providers.simulated import PARTICULAR
from service.gateway.simulated_answers import drawn, stated
from service.gateway.study import Method

FINGERPRINT: Final = "simulation-1"
"""Changes whenever the same request gets another answer."""
LATENCY_HEADER: Final = "x-simulated-latency-ms"
PROSE: Final = "Well, that depends on many things."
_OFF_LABEL: Final = ("Well", "The")
_LEAST: Final = 1e-12


class _Schema(msgspec.Struct):
    properties: dict[str, msgspec.Raw]


class _Request(msgspec.Struct):
    model: str
    method: Method
    questions: tuple[Question, ...]
    system: str = ""
    user: str = ""
    schema: _Schema | None = None
    labels: tuple[str, ...] = ()
    temperature: float = 1.0
    max_output_tokens: int = 1024
    bias: float | None = None
    noise: float | None = None
    refusal_rate: float | None = None
    malformed_rate: float | None = None
    off_option: float | None = None
    error_rate: float | None = None
    latency_ms: float | None = None


_DECODER: Final = msgspec.json.Decoder(_Request)
_ENCODER: Final = msgspec.json.Encoder()
_DEFAULTS: Final[Mapping[str, float]] = dict.fromkeys(PARTICULAR, 0.0) | {"noise": 0.25}


def respond(body: bytes) -> Received:
    """The response to a request; whoever calls waits for the milliseconds in its header, if there are any."""
    try:
        request = _DECODER.decode(body)
        name, traits = _traits(request.model)
        asked = {trait: value for trait in PARTICULAR if (value := getattr(request, trait)) is not None}
        traits = {**traits, **asked}
        key = sha256(body).hexdigest()
        chance = uniforms(key)
        if chance[0] < traits["error_rate"]:
            return _failed(429 if chance[1] < 0.5 else 500, traits["latency_ms"])
        answer = _answer(request, _subject(request, name, key, traits), traits, chance)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _failed(400, 0.0)
    text = answer.get("text")
    written = len(text) // 4 + 1 if isinstance(text, str) else 0
    usage = {"input": (len(request.system) + len(request.user)) // 4 + 1, "output": written}
    whole = {"id": f"sim-{key[:16]}", "model": name, "fingerprint": FINGERPRINT, "usage": usage, **answer}
    return Received(200, _headers(traits["latency_ms"]), _ENCODER.encode(whole))


@lru_cache(maxsize=256)
def _traits(model: str) -> tuple[str, Mapping[str, float]]:
    """A model's name and its particular parameters; ValueError for one that there is not."""
    name, _, suffix = model.partition(":")
    pairs = [pair.partition("=") for pair in suffix.split(",")] if suffix else []
    if not {key for key, _, _ in pairs} <= PARTICULAR:
        raise ValueError("an unknown particular parameter")
    stated = {key: float(value) for key, _, value in pairs}
    if not all(map(isfinite, stated.values())):
        raise ValueError("a particular parameter that is no finite number")
    return name, {**_DEFAULTS, **stated}


def _subject(request: _Request, name: str, key: str, traits: Mapping[str, float]) -> Subject:
    first = request.questions[0].item.text if request.questions else ""
    arm = request.user.partition(first)[0] if first else request.user
    return Subject(name, request.system, arm, key, traits["bias"], traits["noise"])


def _answer(
    request: _Request, subject: Subject, traits: Mapping[str, float], chance: tuple[float, ...]
) -> dict[str, object]:
    """The part of the response that depends on the method."""
    malformed = chance[2] < traits["malformed_rate"]
    if request.method == "decision":
        decisions = [_decision(subject, question, traits, malformed) for question in request.questions]
        return {"decisions": decisions}
    if chance[3] < traits["refusal_rate"]:
        return {"text": "", "refusal": True, "finish": "stop"}
    if request.method == "logprob":
        return _label(request, subject, traits["off_option"], malformed)
    text = PROSE if malformed else _text(request, subject, traits["off_option"])
    most = 4 * request.max_output_tokens
    return {"text": text[:most], "finish": "stop" if len(text) <= most else "length"}


def _decision(subject: Subject, question: Question, traits: Mapping[str, float], malformed: bool) -> dict[str, object]:
    item = question.item
    if uniforms(subject.draw, "refusal", item.name)[0] < traits["refusal_rate"]:
        return {"name": item.name, "refusal": True}
    shares = _shares(subject, question)
    on = 1.0 if item.type == "multi_select" else 1 - traits["off_option"]
    return {"name": item.name, "probabilities": [on * share for share in shares] + [0.0] * malformed}


def _label(request: _Request, subject: Subject, off: float, malformed: bool) -> dict[str, object]:
    """A label drawn, and the log probabilities of the first token: labels and, for what is off them, other words."""
    (question,) = request.questions
    shares = [(1 - off) * share for share in _shares(subject, question)]
    tokens = [*zip(request.labels, shares, strict=True), *((word, off / 2) for word in _OFF_LABEL)]
    text, _ = tokens[picked([share for _, share in tokens], uniforms(subject.draw, "label")[0])]
    seen = [] if malformed else [(log(share), token) for token, share in tokens if share > _LEAST]
    top = [{"token": token, "logprob": logprob} for logprob, token in sorted(seen, reverse=True)]
    return {"text": text, "finish": "stop", "logprobs": top}


def _text(request: _Request, subject: Subject, off: float) -> str:
    """The answers: one object of the schema's properties in the order of the questions, or a lone plain text."""
    values: list[object]
    if request.method == "verbalized":
        values = [stated(subject, question) for question in request.questions]
    else:
        values = [drawn(subject, question, request.temperature, off) for question in request.questions]
    if request.schema is None:
        (value,) = values
        return str(value)
    return _ENCODER.encode(dict(zip(request.schema.properties, values, strict=True))).decode()


def _shares(subject: Subject, question: Question) -> list[float]:
    item = question.item
    return probabilities(subject, item.name, item.type, tuple(option.code for option in question.options))


def _headers(latency_ms: float) -> dict[str, str]:
    headers = {"content-type": "application/json"}
    return headers | {LATENCY_HEADER: f"{latency_ms:g}"} if latency_ms > 0 else headers


def _failed(status: int, latency_ms: float) -> Received:
    kind = {400: "invalid_request_error", 429: "rate_limit_error", 500: "server_error"}[status]
    headers = _headers(latency_ms) | ({"retry-after-ms": "10"} if status == 429 else {})
    return Received(status, headers, _ENCODER.encode({"error": {"type": kind, "message": "simulated"}}))
