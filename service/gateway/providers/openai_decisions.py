"""OpenAI's Decisions wire (``POST {base}/decisions``, base ending in /v1): one request, several questions.

Questions go as ``choice`` (2 to 255), ``score`` (2 to 10 levels; longer scales as ``choice``) and ``predicate`` (one
per option of a ``multi_select``); answers come in the order of the questions, with their names, and a refused one is
an answer of type ``refusal`` among its neighbours. A call holds 1 to 400 questions.

**Assumes** the server repeats every question's name; answers in another number or under other names are not matched
to questions by guessing: the call is ``unparseable``.
**Breaks** the wire takes no parameter at all (no temperature, no seed, no ``store``): replicates differ only as much as
the provider is not deterministic.
**Source** openai 3.54, types/decision.py and types/decision_create_params.py; the limit of ten levels: vllm 0.33,
entrypoints/openai/decisions/protocol.py, which serves the same wire.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.gateway.providers.composing import dropped, sent
from service.gateway.providers.counting import Counts, usage_of
from service.gateway.providers.protocol import Call, Capabilities, Completion, Decision, Failure, Received, Sent
from service.gateway.providers.reading import (
    at,
    failure_of,
    list_at,
    number_at,
    object_of,
    request_id_of,
    text_at,
    unreadable,
)
from service.gateway.providers.typed_questions import Asked, asked, distribution, gathered, likelihood

MOST_LEVELS: Final = 10
_CAPABILITIES: Final = Capabilities(methods=frozenset({"decision"}), parameters=frozenset())
_COUNTS: Final = Counts(
    ("input_tokens",),
    ("output_tokens",),
    cached=("input_tokens_details", "cached_tokens"),
    reasoning=("output_tokens_details", "reasoning_tokens"),
)


@dataclass(frozen=True, slots=True)
class OpenAIDecisions:
    """The codec; it has no state."""

    name: str = "openai_decisions"
    capabilities: Capabilities = _CAPABILITIES

    def authorization(self, key: str) -> Mapping[str, str]:
        """The bearer header."""
        return {"authorization": f"Bearer {key}"}

    def encode(self, call: Call) -> Sent:
        """The request; every requested parameter is dropped, for the wire takes none."""
        body = {
            "model": call.model,
            "input": _input(call),
            "questions": [_question(part) for parts in _asked(call) for part in parts],
        }
        return sent("/decisions", body, {}, {}, dropped(call.parameters, ()))

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """A decision for every question of the call, answered or refused."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        if not isinstance(at(body, "answers"), list):
            return unreadable(received)
        questions, answers = _asked(call), list_at(body, "answers")
        names = [part.name for parts in questions for part in parts]
        aligned = [at(answer, "name") for answer in answers] == names
        return Completion(
            decisions=_decisions(questions, answers) if aligned else (),
            missing=None if aligned else "unparseable",
            detail="" if aligned else f"{len(answers)} answers, not those to the {len(names)} questions asked",
            usage=usage_of(at(body, "usage"), _COUNTS),
            model_returned=text_at(body, "model"),
            request_id=request_id_of(received.headers, body),
        )


def _asked(call: Call) -> list[tuple[Asked, ...]]:
    return [asked(question, number, MOST_LEVELS) for number, question in enumerate(call.questions)]


def _input(call: Call) -> object:
    if not call.system:
        return call.user
    return [{"role": "system", "content": call.system}, {"role": "user", "content": call.user}]


def _question(part: Asked) -> Mapping[str, object]:
    shared = {"instructions": part.text, "name": part.name}
    if part.form == "binary":
        return {"type": "predicate", **shared}
    if part.form == "scale":
        return {"type": "score", **shared, "levels": [{"label": label} for label in part.options]}
    choices = [
        {"value": value, "description": description} if description else {"value": value}
        for value, description in zip(part.options, part.descriptions, strict=True)
    ]
    return {"type": "choice", **shared, "choices": choices}


def _decisions(questions: Sequence[Sequence[Asked]], answers: Sequence[object]) -> tuple[Decision, ...]:
    rest = iter(answers)
    return tuple(gathered([_decision(part, next(rest)) for part in parts]) for parts in questions)


def _decision(part: Asked, answer: object) -> Decision:
    kind = text_at(answer, "type")
    if kind == "refusal":
        return Decision(None, "refused")
    if kind != {"choice": "choice", "scale": "score", "binary": "predicate"}[part.form]:
        return Decision(None, "unparseable")
    if part.form == "binary":
        return likelihood(number_at(answer, "probability"))
    listed = list_at(answer, "probabilities")
    read = number_at if part.form == "scale" else text_at
    found: dict[object, float | None] = {read(entry, "value"): number_at(entry, "probability") for entry in listed}
    if len(found) < len(listed):
        return Decision(None, "unparseable")
    return distribution(found, range(len(part.options)) if part.form == "scale" else part.options)


CODEC: Final = OpenAIDecisions()
