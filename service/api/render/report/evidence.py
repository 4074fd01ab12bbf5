"""The end of every report: assumptions, a paragraph for a methods section, what to cite, where the numbers are from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from service.api.render.report.blocks import (
    Facts,
    Items,
    Paragraph,
    Section,
    Table,
    chance,
    facts,
    name,
    section,
    sections,
    status,
    table,
    words,
)
from service.api.render.words import spoken
from service.calibration.card import Card
from service.calibration.diagnostics.checks import CHECKS
from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from service.calibration.intervals import INTERVALS
from service.calibration.plug_in import CARDS as STATISTICS
from service.calibration.response_propensity import CARD as RESPONSE_PROPENSITY
from service.calibration.screenings import CARDS as SCREENINGS
from service.calibration.track_records import CARDS as TRACK_RECORDS
from service.calibration.transport import transported

Method = tuple[str, str | None]
"""What a method is, and its name on the wire."""
CITATION = (
    "The Rectifier authors. Rectifier: calibration as a service for causal effects from human and LLM responses. "
    "Version {service_version}, methods {method_version}."
)


def closing(answer: Mapping[str, Any], methods: Iterable[Method]) -> tuple[Section, ...]:
    """The sections of an answer with a passport, with the sources of these methods."""
    passport = answer["passport"]
    return sections(
        section("Assumptions", assumptions(passport["assumptions"])),
        section("For a methods section", Paragraph(passport["report"], quoted=True)),
        section(
            "How to cite",
            Paragraph(CITATION.format(**passport), quoted=True),
            *_cited(methods),
        ),
        section("Where these numbers come from", _passport(passport), _models(passport["models"])),
    )


def assumptions(found: list[dict[str, Any]]) -> Table:
    """Each assumption and how its test went."""
    return table(
        "What the numbers rest on",
        found,
        ("assumption", lambda a: words(spoken(a["name"]))),
        ("status", lambda a: status(a["status"])),
        ("p-value", lambda a: chance(a["p_value"])),
        ("in words", lambda a: words(a["statement"])),
    )


def sources(methods: Iterable[Method]) -> tuple[str, ...]:
    """Once each, in the order of the methods."""
    cards = _cards()
    return tuple(dict.fromkeys(s for method in methods if method in cards for s in cards[method].sources))


def _cited(methods: Iterable[Method]) -> tuple[Paragraph | Items, ...]:
    found = sources(methods)
    return (Paragraph("Sources of the methods in this answer:"), Items(found)) if found else ()


def _passport(passport: Mapping[str, Any]) -> Facts:
    seed = passport["seed"]
    return facts(
        ("path", words(passport["path"])),
        ("method", words(passport["method"])),
        ("method version", words(passport["method_version"])),
        ("service version", words(passport["service_version"])),
        ("seed", words(None if seed is None else str(seed))),
        ("digest of the request", words(passport["request_digest"])),
        ("digest of the plan", words(passport["plan_digest"])),
    )


def _models(models: list[dict[str, Any]]) -> Table:
    return table(
        "LLMs whose answers the request has",
        models,
        ("model", lambda m: name(m["name"])),
        ("version", lambda m: name(m["version"])),
        ("knowledge cutoff", lambda m: words(m["knowledge_cutoff"])),
        ("answers generated", lambda m: words(m["generated"])),
    )


@cache
def _cards() -> dict[Method, Card]:
    """Every card by what it is of."""
    kinds: dict[str, Iterable[Card]] = {
        "estimand": [e.card for e in ESTIMANDS],
        "statistic": STATISTICS,
        "estimator": [e.card for e in ESTIMATORS],
        "interval": [m.card for m in INTERVALS],
        "check": [c.card for c in CHECKS],
        "screening": SCREENINGS,
        "track_record": TRACK_RECORDS,
        "missing": [RESPONSE_PROPENSITY],
        "transport": [transported.CARD],
    }
    return {(kind, card.name): card for kind, cards in kinds.items() for card in cards}
