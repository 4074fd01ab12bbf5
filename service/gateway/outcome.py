"""What became of a call, whether it was asked now or found in the cache, in the form that is stored."""

from __future__ import annotations

from typing import Final

import msgspec

from service.gateway.conduct.asking import Asked, Attempt
from service.gateway.conduct.budget import NOTHING, Spend
from service.gateway.providers.protocol import Completion, Failure, Missing


class Outcome(msgspec.Struct, frozen=True):
    """A result with what was sent, when, and how often it was tried; ``cached`` and ``spent`` are not stored."""

    result: Completion | Failure
    parameters_sent: dict[str, object]
    parameters_dropped: tuple[str, ...]
    started: float | None
    latency_ms: float | None
    attempts: tuple[Attempt, ...]
    cached: bool = False
    spent: Spend = NOTHING


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    version: int
    completion: Completion
    parameters_sent: dict[str, object]
    parameters_dropped: tuple[str, ...]
    started: float
    latency_ms: float
    attempts: tuple[Attempt, ...]


UNFINISHED: Final[frozenset[Missing]] = frozenset({
    "auth_failed", "rate_limited", "upstream_error", "timeout", "circuit_open", "budget_exhausted", "deadline",
    "cancelled",
})  # fmt: skip
"""Reasons that say nothing about the question: another run may get an answer."""
VERSION = 1
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Stored)


def asked_now(asked: Asked) -> Outcome:
    """The outcome of a call that was made."""
    return Outcome(
        asked.result,
        dict(asked.sent.parameters_sent),
        asked.sent.parameters_dropped,
        asked.started,
        asked.latency_ms,
        asked.attempts,
        spent=asked.spent,
    )


def not_asked(failure: Failure) -> Outcome:
    """The outcome of a call that nobody made."""
    return Outcome(failure, {}, (), None, None, ())


def stored(outcome: Outcome) -> bytes | None:
    """What the cache keeps: completions, refusals among them; no failure, nor a completion that was not finished."""
    if not isinstance(outcome.result, Completion) or outcome.started is None or outcome.latency_ms is None:
        return None
    if outcome.result.missing in UNFINISHED:
        return None
    return _ENCODER.encode(
        _Stored(
            VERSION,
            outcome.result,
            outcome.parameters_sent,
            outcome.parameters_dropped,
            outcome.started,
            outcome.latency_ms,
            outcome.attempts,
        )
    )


def restored(found: bytes | None) -> Outcome | None:
    """The outcome that the cache kept; None for nothing, or for what another version wrote."""
    if found is None:
        return None
    try:
        kept = _DECODER.decode(found)
    except msgspec.MsgspecError:
        return None
    if kept.version != VERSION:
        return None
    return Outcome(
        kept.completion,
        kept.parameters_sent,
        kept.parameters_dropped,
        kept.started,
        kept.latency_ms,
        kept.attempts,
        cached=True,
    )
