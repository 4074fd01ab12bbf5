"""Small studies, as requests and parsed, and an app that runs them without a network."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from service.gateway.app import Gateway, create_gateway
from service.gateway.prompts import Prompts
from service.gateway.settings import Settings
from service.gateway.study import Study
from service.gateway.wire.generation import GenerationRequest, to_study
from tests.web.asgi import Answer, ask

JSON = {"content-type": "application/json"}
LIKERT = {
    "name": "trust",
    "type": "likert",
    "text": "I trust the sender.",
    "options": [{"code": k, "label": label} for k, label in enumerate(("Disagree", "Neither", "Agree"), 1)],
}
CHOICE = {
    "name": "colour",
    "type": "choice",
    "text": "Which colour?",
    "options": [{"code": "r", "label": "Red"}, {"code": "b", "label": "Blue"}, {"code": "g", "label": "Green"}],
}
NUMERIC = {"name": "age", "type": "numeric", "text": "How old?", "min": 0, "max": 120, "integer": True}
MULTI = CHOICE | {"name": "colours", "type": "multi_select"}
TEXT = {"name": "why", "type": "free_text", "text": "Why?"}
RANKING = CHOICE | {"name": "order", "type": "ranking"}
ARMS = [{"name": "control", "text": "A plain notice."}, {"name": "treatment", "text": "A warm letter."}]
PERSONAS = [
    {"unit_id": "unit-canary-17", "attributes": {"age": 34, "job": "nurse"}, "arm": "treatment", "human": True},
    {"unit_id": "unit-canary-18", "attributes": {"age": 51, "job": "cook"}},
]


def request(**changes: Any) -> dict[str, Any]:
    """A good request, with changes; a change to None takes the member out."""
    whole = {
        "personas": PERSONAS,
        "arms": ARMS,
        "items": [LIKERT],
        "models": [{"name": "m1"}],
        "elicitation": {"method": "decision"},
        "template": {"system": "You are {age} years old and work as {job}.", "user": "{arm}\n{item}"},
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def study(**changes: Any) -> Study:
    """The parsed study of a request."""
    return to_study(msgspec.convert(request(**changes), GenerationRequest))


def prompts(tenant: str = "", **changes: Any) -> Prompts:
    """The prompts of a study."""
    found = study(**changes)
    return Prompts(found, {model.name: model.provider for model in found.models}, tenant=tenant)


def crowd(count: int) -> list[dict[str, Any]]:
    """Personas that differ."""
    return [{"unit_id": f"u{k}", "attributes": {"age": 20 + k % 50, "job": f"job {k}"}} for k in range(count)]


def gateway(transport: Any = None, log: Any = None, **settings: Any) -> Gateway:
    """The application."""
    return create_gateway(Settings(**settings), transport, log)


def post(app: Gateway, body: object, path: str = "/v1/generations", **headers: str) -> Answer:
    """The answer to a body."""
    sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(app.asgi, "POST", path, body=json.dumps(body).encode(), headers=sent, stay=600.0)


def lines(answer: Answer) -> list[dict[str, Any]]:
    """The records of an NDJSON stream."""
    assert answer.status == 200, answer.body
    return [json.loads(line) for line in answer.body.splitlines()]


def cells(answer: Answer) -> list[dict[str, Any]]:
    """Its cell records."""
    return [line for line in lines(answer) if line["type"] == "cell"]
