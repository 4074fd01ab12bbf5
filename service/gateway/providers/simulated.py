"""The embedded provider's wire (``POST /answers``): all methods, all parameters, answered by ``simulation.respond``.

Nothing is left out on the way: requests are bytes, responses are bytes, and they are decoded and read as any other
provider's. It is the default, so that one command runs the whole path with no key and no network.

**Source** ours; the fields stand in ``service/gateway/simulation.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, get_args

from service.gateway.providers.composing import dropped, parameters_of, sent
from service.gateway.providers.concluding import alternatives, concluded
from service.gateway.providers.counting import Counts, usage_of
from service.gateway.providers.protocol import (
    Call,
    Capabilities,
    Completion,
    Decision,
    Failure,
    Missing,
    Parameter,
    Question,
    Received,
    Sent,
)
from service.gateway.providers.reading import (
    at,
    failure_of,
    list_at,
    number_at,
    object_of,
    text_at,
    unreadable,
)
from service.gateway.providers.typed_questions import distribution, gathered, likelihood
from service.gateway.study import Method

PARTICULAR: Final = frozenset(
    {"bias", "noise", "refusal_rate", "malformed_rate", "off_option", "error_rate", "latency_ms"}
)
"""The parameters that no other provider has; ``simulation.py`` says what they do."""
_CAPABILITIES: Final = Capabilities(
    methods=frozenset(get_args(Method)), parameters=PARTICULAR | frozenset(get_args(Parameter))
)

_COUNTS: Final = Counts(("input",), ("output",))


@dataclass(frozen=True, slots=True)
class Simulated:
    """The codec; it has no state."""

    name: str = "simulated"
    capabilities: Capabilities = _CAPABILITIES

    def authorization(self, key: str) -> Mapping[str, str]:
        """No header: there is nobody to show a key to."""
        del key
        return {}

    def encode(self, call: Call) -> Sent:
        """The request; only parameters that no provider has are dropped."""
        wanted = parameters_of(call)
        taken = {name: value for name, value in wanted.items() if name in self.capabilities.parameters}
        prompt = {
            "model": call.model,
            "method": call.method,
            "system": call.system,
            "user": call.user,
            "questions": call.questions,
            "draw": call.draw,
        }
        constraint = {"schema": call.schema} if call.schema else {"labels": call.labels} if call.labels else {}
        return sent("/answers", prompt, taken, constraint, dropped(wanted, taken))

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """Decisions, first-token log probabilities or a text, whatever was asked for."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        envelope = _envelope(body)
        if call.method == "decision" and isinstance(at(body, "decisions"), list):
            return _decided(call, envelope, list_at(body, "decisions"))
        text = text_at(body, "text")
        if call.method == "decision" or text is None:
            return unreadable(received)
        reason: Missing | None = "truncated" if text_at(body, "finish") == "length" else None
        reason = "refused" if at(body, "refusal") is True else reason
        top = alternatives(list_at(body, "logprobs"), None, "token", "logprob")
        return concluded(call, envelope, text, reason, top)


def _decided(call: Call, envelope: Completion, found: list[object]) -> Completion:
    if [text_at(each, "name") for each in found] != [question.item.name for question in call.questions]:
        return replace(envelope, missing="unparseable", detail="not the decisions that were asked for")
    decisions = tuple(_decision(question, each) for question, each in zip(call.questions, found, strict=True))
    return replace(envelope, decisions=decisions)


def _decision(question: Question, found: object) -> Decision:
    if at(found, "refusal") is True:
        return Decision(None, "refused")
    listed = list_at(found, "probabilities")
    shares: dict[object, float | None] = {place: number_at(share) for place, share in enumerate(listed)}
    if question.item.type == "multi_select" and len(shares) == len(question.options):
        return gathered([likelihood(share) for share in shares.values()])
    return distribution(shares, range(len(question.options)), 1.0)


def _envelope(body: object) -> Completion:
    return Completion(
        usage=usage_of(at(body, "usage"), _COUNTS),
        model_returned=text_at(body, "model"),
        fingerprint=text_at(body, "fingerprint"),
        request_id=text_at(body, "id"),
    )


CODEC: Final = Simulated()
