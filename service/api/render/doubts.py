"""The claim of an answer and its warnings, as every form for people shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CLAIMS = {
    "confirmatory": "It rests on people's answers, and no assumption that it needs was rejected.",
    "exploratory": "It is a lead, not evidence: an assumption that it needs was rejected or could not be tested, or "
    "no human answers support it.",
    "exploratory_with_track_record": "No human answers of this study support it: only the record of past studies does.",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A warning's code, the first message with it, and every place that raised it."""

    code: str
    message: str
    pointers: tuple[str, ...]


def grouped(warnings: Iterable[Mapping[str, str]]) -> list[Doubt]:
    """Every code once, in the order of the answer."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for warning in warnings:
        found.setdefault(warning["code"], []).append(warning)
    return [Doubt(code, all_of[0]["message"], tuple(w["pointer"] for w in all_of)) for code, all_of in found.items()]


def claim_of(answer: Mapping[str, Any]) -> str | None:
    """The claim of the whole answer, where its path has one."""
    claim: str | None = answer.get("claim") or (answer.get("passport") or {}).get("claim")
    return claim
