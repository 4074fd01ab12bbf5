"""From what a provider wrote to a completion: what counts as an answer, and the reason where there is none.

The order of the reasons: the provider says that it refused, or that it blocked; log probabilities were asked for and
are not there; the answer was cut off; nothing was written; a schema was sent and what came is no JSON object.
``text`` is kept beside a reason, for the record; it is then no answer.

**Assumes** nothing about who honoured what: a server may accept and ignore ``logprobs`` and ``response_format``.
**Breaks** prose in place of JSON is ``constraint_not_honoured`` even where it reads as a refusal: whether it does is a
matter of reading the answer, not the wire; the text is there to be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeGuard

from service.gateway.providers.protocol import Call, Completion, Missing
from service.gateway.providers.reading import number_at, object_of, text_at

OUT_OF_TOP: Final = -9999.0
"""Stands for "not among the most likely tokens", not for a probability."""

Alternatives = tuple[tuple[str, float], ...]

_DETAILS: Final[dict[Missing, str]] = {
    "refused": "the provider marks the answer as a refusal",
    "blocked_input": "the provider's filter stopped the prompt",
    "blocked_output": "the provider's filter stopped the answer",
    "truncated": "the answer was cut short, as a rule by the bound on output tokens",
    "context_overflow": "the model's context window was reached",
    "logprobs_absent": "log probabilities were asked for and did not come",
    "empty": "nothing was written",
    "constraint_not_honoured": "a JSON object was asked for and something else came",
    "upstream_error": "the provider ended the answer for a reason of its own",
}


def concluded(
    call: Call,
    envelope: Completion,
    text: str,
    reason: Missing | None = None,
    logprobs: Alternatives | None = None,
) -> Completion:
    """The envelope (usage, model, ids) with the answer, or with why there is none.

    ``text`` is all that was written but the thinking; ``reason`` is what the provider's own marks say, ``truncated``
    included; ``logprobs`` the alternatives of the first token, where asked for and there.
    """
    missing = _missing(call, text, reason, logprobs)
    return replace(
        envelope,
        text=text or None,
        logprobs=logprobs if missing is None else None,
        missing=missing,
        detail="" if missing is None else _DETAILS[missing],
    )


def alternatives(top: Iterable[object], chosen: object, token: str, value: str) -> Alternatives | None:
    """The first token's alternatives, the chosen one among them; None where the server sent no list of them.

    ``token`` and ``value`` are the provider's names of the fields. Rounding that makes a logarithm positive is undone.
    """
    read = [(text_at(entry, token), number_at(entry, value)) for entry in top]
    found = [(text, min(number, 0.0)) for text, number in read if text is not None and _among_top(number)]
    text, number = text_at(chosen, token), number_at(chosen, value)
    if found and text is not None and _among_top(number) and text not in {each for each, _ in found}:
        found.append((text, min(number, 0.0)))
    return tuple(found) or None


def _among_top(number: float | None) -> TypeGuard[float]:
    return number is not None and number > OUT_OF_TOP


def _missing(call: Call, text: str, reason: Missing | None, logprobs: Alternatives | None) -> Missing | None:
    if reason is not None and reason != "truncated":
        return reason
    if call.method == "logprob":
        spent = reason == "truncated" and not text.strip()  # on thinking: one token of answer ends so, too
        return None if logprobs else "truncated" if spent else "logprobs_absent"
    if reason is not None:
        return reason
    if not text.strip():
        return "empty"
    if call.schema is not None and object_of(text.strip().encode()) is None:
        return "constraint_not_honoured"
    return None
