"""The claim of an answer, its verdict and its warnings, as every form for people shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.api.catalogue import CATALOGUE
from service.api.render.words import spoken

CLAIMS = {
    "confirmatory": "It rests on people's answers, and no assumption that it needs was rejected.",
    "exploratory": "It is a lead, not evidence: an assumption that it needs was rejected or could not be tested, or "
    "no human answers support it.",
    "exploratory_with_track_record": "No human answers of this study support it: only the record of past studies does.",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A warning's code, every different message with it, every place that raised it, and what to do."""

    code: str
    messages: tuple[str, ...]
    pointers: tuple[str, ...]
    action: str = ""


def grouped(warnings: Iterable[Mapping[str, str]]) -> list[Doubt]:
    """Every code once, in the order of the answer."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for warning in warnings:
        found.setdefault(warning["code"], []).append(warning)
    return [_doubt(code, alike) for code, alike in found.items()]


def _doubt(code: str, alike: Sequence[Mapping[str, str]]) -> Doubt:
    messages = tuple(dict.fromkeys(warning["message"] for warning in alike))
    entry = CATALOGUE.get(code)
    return Doubt(code, messages, tuple(warning["pointer"] for warning in alike), entry.action if entry else "")


def verdict_of(answer: Mapping[str, Any]) -> str | None:
    """How the LLM entered, where the answer's path says it; by number of estimates where these differ."""
    counts = Counter(estimate["verdict"] for estimate in answer.get("estimates", ()))
    if len(counts) < 2:
        return next((spoken(verdict) for verdict in counts), None)
    return ", ".join(f"{spoken(verdict)} ({count})" for verdict, count in counts.items())


def claim_of(answer: Mapping[str, Any]) -> str | None:
    """The claim of the whole answer, where its path has one."""
    claim: str | None = answer.get("claim") or (answer.get("passport") or {}).get("claim")
    return claim
