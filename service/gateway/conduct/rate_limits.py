"""What a response says about the calls that may follow: the providers' own rate-limit headers, read without a clock.

**Shapes** headers with lower-case names. **Units** seconds, calls, tokens.
**Assumes** a moment in a header counts from the response's own ``date``; without one it is one second away.
**Source** OpenAI's guide to rate limits (``x-ratelimit-remaining-*`` and ``-reset-*``, as "1s", "6m0s", "20ms");
Anthropic's reference on rate limits (``anthropic-ratelimit-*-remaining`` and ``-reset``, as RFC 3339).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 60.0
_UNKNOWN: Final = 1.0
_UNITS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "ns": 1e-9}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|us|ns|[dhms])", re.ASCII)
_DURATION: Final = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_CALLS: Final = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
)
_TOKENS: Final = (
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most so many calls in flight for so many seconds."""

    calls: int
    seconds: float


def allowance(headers: Mapping[str, str], tokens_per_call: float) -> Allowance | None:
    """The tightest of the limits told, None where none is; tokens count as calls of ``tokens_per_call`` >= 1 each."""
    return min(_told(headers, tokens_per_call), key=lambda told: told.calls, default=None)


def _told(headers: Mapping[str, str], tokens_per_call: float) -> Iterator[Allowance]:
    for pairs, each in ((_CALLS, 1.0), (_TOKENS, tokens_per_call)):
        for remaining, reset in pairs:
            left = headers.get(remaining, "")
            if left.isdecimal():
                yield Allowance(int(int(left[:15]) / each), _seconds(headers, reset))


def _seconds(headers: Mapping[str, str], name: str) -> float:
    text = headers.get(name, "").strip().lower()
    if _DURATION.fullmatch(text):
        return min(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)), LONGEST)
    try:
        seconds = float(text)
    except ValueError:
        return _until(headers.get("date", ""), text)
    return _UNKNOWN if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST)


def _until(now: str, then: str) -> float:
    try:
        seconds = (datetime.fromisoformat(then.upper()) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError):  # no moment, or one without a time zone
        return _UNKNOWN
    return min(max(seconds, 0.0), LONGEST)
