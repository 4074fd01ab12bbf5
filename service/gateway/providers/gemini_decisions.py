"""Gemini's Decisions wire (``POST {base}/decisions``, base ending in /v1 or /v1beta): one request, questions by name.

Questions go as ``choice`` (2 to 255 options), ``score`` (2 to 255 levels) and ``noul``, a yes or no (one per option
of a ``multi_select``); answers come by the same names. A blocked input has ``prompt_feedback.block_reason`` and no
answers: every cell is ``blocked_input``.

**Assumes** nothing of the client library's retries or defaults: it sends ``model``, ``input`` and ``questions`` only.
**Breaks** the wire has no place for a system text: it stands before the user's, a blank line between. It takes no
parameter. It documents no refusal of a single question: an answer of type ``refusal``, as OpenAI's wire has it, is read
as one, and a question without an answer is ``unparseable``, its neighbours unharmed. A ``noul`` is clipped by the
provider to [0.01, 0.99]; it is kept as it comes, so that the marginal probabilities of a ``multi_select`` never reach 0
or 1. The options of a choice are the keys of a JSON object: that they are shown in this order is not promised.
**Source** google-genai 3.4, _gaos/types/decisions/*.py and _gaos/decisions.py (path, names, limits, clipping).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.gateway.providers.composing import dropped, sent
from service.gateway.providers.counting import Counts, usage_of
from service.gateway.providers.protocol import Call, Capabilities, Completion, Failure, Received, Sent
from service.gateway.providers.reading import at, failure_of, object_of, request_id_of, text_at, unreadable
from service.gateway.providers.typed_questions import asked_by_name, decided_by_name, one_text

MOST_LEVELS: Final = 255
_CAPABILITIES: Final = Capabilities(methods=frozenset({"decision"}), parameters=frozenset())
_COUNTS: Final = Counts(
    ("total_input_tokens",),
    ("total_output_tokens", "total_thought_tokens"),
    cached=("total_cached_tokens",),
    reasoning=("total_thought_tokens",),
    total="total_tokens",
)


@dataclass(frozen=True, slots=True)
class GeminiDecisions:
    """The codec; it has no state."""

    name: str = "gemini_decisions"
    capabilities: Capabilities = _CAPABILITIES

    def authorization(self, key: str) -> Mapping[str, str]:
        """The header of Google's API keys."""
        return {"x-goog-api-key": key}

    def encode(self, call: Call) -> Sent:
        """The request; every requested parameter is dropped, for the wire takes none."""
        body = {"model": call.model, "input": one_text(call), "questions": asked_by_name(call, MOST_LEVELS)}
        return sent("/decisions", body, {}, {}, dropped(call.parameters, ()))

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """A decision for every question of the call, or a blocked input."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        usage, request_id = usage_of(at(body, "usage"), _COUNTS), request_id_of(received.headers, body)
        if text_at(body, "prompt_feedback", "block_reason"):
            detail = "the provider blocked the input"
            return Completion(missing="blocked_input", detail=detail, usage=usage, request_id=request_id)
        answers = at(body, "answers")
        if not isinstance(answers, dict):
            return unreadable(received)
        decisions = decided_by_name(call, MOST_LEVELS, answers)
        return Completion(decisions=decisions, usage=usage, request_id=request_id)


CODEC: Final = GeminiDecisions()
