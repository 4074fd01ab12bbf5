"""The System One wire (``POST {base}/systemone``, base ending in /v1): Ollama, vLLM, llama.cpp, ``transformers serve``.

A ``state`` and questions by name; types ``choice``, ``score`` (2 to 10 levels) and ``noul``, a yes or no (one per
option of a ``multi_select``); answers by the same names. Where the server says which share of its probability fell on
the options at all (vLLM's ``diagnostics.*.label_mass``), what is left is the mass off the options of a choice or scale.

**Assumes** nothing but the fields that every server takes: ``model``, ``state``, ``questions`` (``transformers serve``
refuses any other).
**Breaks** servers narrow the wire: vLLM and the default prompt of ``transformers serve`` take at most 26 options and 64
questions; more is a 400 or 422 (``unsupported``). There is no place for a system text: it stands before the user's, a
blank line between. No parameter exists. No refusal is documented: an answer of type ``refusal``, as OpenAI's wire has
it, is read as one, and a question without an answer is ``unparseable``, its neighbours unharmed. Without
``label_mass`` the probabilities are normalised over the options by the server, and what fell off them is unknown. The
options of a choice are the keys of a JSON object: that they are shown in this order is not promised.
**Source** transformers 5.23, cli/serving/systemone.py and decision/template_utils.py; vllm 0.33,
entrypoints/generate/structured_decisions; docs.ollama.com/api/systemone; the wire's origin is TypeSafe's
api.typesafe.ai/openapi.json (2 to 10 levels, 1 to 255 options).
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

MOST_LEVELS: Final = 10
_CAPABILITIES: Final = Capabilities(methods=frozenset({"decision"}), parameters=frozenset())
_COUNTS: Final = Counts(("input_tokens",), ("output_tokens",))


@dataclass(frozen=True, slots=True)
class SystemOne:
    """The codec; it has no state."""

    name: str = "system_one"
    capabilities: Capabilities = _CAPABILITIES

    def authorization(self, key: str) -> Mapping[str, str]:
        """The bearer header; servers without a key ignore it."""
        return {"authorization": f"Bearer {key}"}

    def encode(self, call: Call) -> Sent:
        """The request; every requested parameter is dropped, for the wire takes none."""
        body = {"model": call.model, "state": one_text(call), "questions": asked_by_name(call, MOST_LEVELS)}
        return sent("/systemone", body, {}, {}, dropped(call.parameters, ()))

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """A decision for every question of the call."""
        if not 200 <= received.status < 300:
            return failure_of(received)
        body = object_of(received.body)
        answers = at(body, "answers")
        if not isinstance(answers, dict):
            return unreadable(received)
        return Completion(
            decisions=decided_by_name(call, MOST_LEVELS, answers, at(body, "diagnostics")),
            usage=usage_of(at(body, "usage"), _COUNTS),
            model_returned=text_at(body, "model"),
            request_id=request_id_of(received.headers, body),
        )


CODEC: Final = SystemOne()
