"""The report of POST /v1/screenings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.api.render.doubts import CLAIMS, grouped
from service.api.render.numerals import number
from service.api.render.report.blocks import (
    Cell,
    Page,
    Table,
    chance,
    facts,
    figure,
    name,
    section,
    sections,
    share,
    status,
    table,
    words,
)
from service.api.render.report.choices import choices
from service.api.render.report.evidence import closing

Answer = dict[str, Any]


def page(answer: Answer) -> Page:
    """The whole report."""
    hypotheses, done = answer["hypotheses"], answer["applied"]
    run = [h for h in hypotheses if h["rejected"] is not None]
    rejected = sum(h["rejected"] for h in run)
    claim = answer["passport"]["claim"] or ""
    return Page(
        title="Screening of hypotheses",
        lead=tuple(_lead(answer, len(run), rejected)),
        facts=facts(
            ("hypotheses", figure(len(hypotheses))),
            ("run on humans", figure(len(run))),
            ("rejected", figure(rejected)),
            ("expected discoveries", figure(answer["expected_discoveries"])),
        ),
        warnings=tuple(grouped(answer["warnings"])),
        claim=claim,
        claim_meaning=CLAIMS.get(claim, ""),
        figure_caption="Weights by LLM evidence, found before any human number was read, and adjusted p-values.",
        sections=(
            *sections(
                section("Hypotheses", _judged(hypotheses)),
                section("What to run next", _next(answer["next"] or [])),
                section("What was done", choices(done)),
            ),
            *closing(answer, [("screening", done["multiplicity"])]),
        ),
    )


def _lead(answer: Answer, run: int, rejected: int) -> Iterator[str]:
    verb, rate = "is" if rejected == 1 else "are", number(answer["applied"]["error_rate"])
    asked = f"Of {number(len(answer['hypotheses']))} hypotheses, {number(run)} were run on humans"
    yield f"{asked} and {number(rejected)} {verb} rejected at an error rate of {rate}."
    yield f"If all were run as planned, about {number(answer['expected_discoveries'])} would be rejected."


def _judged(hypotheses: list[Answer]) -> Table:
    return table(
        "Every hypothesis; one that was not run counts with a p-value of 1",
        hypotheses,
        ("hypothesis", lambda h: name(h["name"])),
        ("weight", lambda h: figure(h["weight"])),
        ("p-value", lambda h: chance(h["p_value"])),
        ("adjusted p-value", lambda h: chance(h["p_value_adjusted"])),
        ("rejected", lambda h: _judgement(h["rejected"])),
        ("claim", lambda h: status(h["claim"])),
    )


def _judgement(rejected: bool | None) -> Cell:
    return words("not run yet" if rejected is None else "rejected" if rejected else "not rejected")


def _next(found: list[Answer]) -> Table:
    return table(
        "Hypotheses to take to humans next, the most promising first; exploratory",
        found,
        ("hypothesis", lambda n: name(n["name"])),
        ("humans", lambda n: figure(n["n_human"])),
        ("cost", lambda n: figure(n["cost"])),
        ("probability of a discovery", lambda n: share(n["probability_of_discovery"])),
    )
