"""Tokens as a provider states them: a usage only where it says both how many went in and how many came out.

What is not said is unknown, and what is unknown is charged at its upper bound: a ``usage`` without its counts is no
answer for nothing.

**Assumes** nothing about the values: a count is a whole number from 0 to 2^53, anything else is not told.
**Source** the fields of each wire are its codec's; that a total may hold more than its parts (xAI leaves the thinking
out of ``completion_tokens``): docs.x.ai, "Consumption and Rate Limits".
"""

from __future__ import annotations

from dataclasses import dataclass

from service.gateway.providers.protocol import Usage
from service.gateway.providers.reading import number_at

MOST = 2**53


@dataclass(frozen=True, slots=True)
class Counts:
    """The fields of a wire's usage; ``cached`` and ``reasoning`` are paths.

    ``input`` adds up its fields, of which the first must be told; ``output`` those that are, at least one or ``total``.
    Where the total leaves more than that for the output, it is the total that counts.
    """

    input: tuple[str, ...]
    output: tuple[str, ...]
    cached: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    total: str | None = None


def usage_of(told: object, counts: Counts) -> Usage | None:
    """The usage that a response tells; None where it does not tell enough."""
    if _count(told, counts.input[0]) is None:
        return None
    read = sum(_count(told, name) or 0 for name in counts.input)
    outputs = [found for name in counts.output if (found := _count(told, name)) is not None]
    written = sum(outputs)
    total = None if counts.total is None else _count(told, counts.total)
    rest = -1 if total is None else total - read
    if not outputs and rest < 0:
        return None
    return Usage(
        input=read,
        cached_input=_count(told, *counts.cached) or 0,
        output=max(written, rest),
        reasoning=_count(told, *counts.reasoning) or 0,
    )


def _count(told: object, *path: str) -> int | None:
    found = number_at(told, *path)
    return int(found) if found is not None and 0 <= found <= MOST else None
