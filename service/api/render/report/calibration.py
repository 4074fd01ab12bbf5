"""The report of POST /v1/calibrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.api.render.doubts import CLAIMS, grouped
from service.api.render.numerals import beside, number, percent, span
from service.api.render.report import estimates as tables
from service.api.render.report.blocks import (
    Facts,
    Page,
    Section,
    between,
    chance,
    facts,
    figure,
    interval,
    name,
    point,
    section,
    sections,
    share,
    table,
    words,
)
from service.api.render.report.choices import choices
from service.api.render.report.evidence import Method, closing
from service.api.render.report.purchases import against_humans, bands, what_to_buy
from service.api.render.words import place, shortened, spoken

Answer = dict[str, Any]
_NAME_EMS = 60
VERDICTS = {
    "llm_used": "The LLM's answers entered the estimate, weighed by how well they follow people's.",
    "human_only_chosen": "The LLM explains no more of the outcome than chance would; the numbers are those of humans "
    "alone.",
    "human_only_requested": "The numbers are those of humans alone, as was asked.",
    "no_pool": "There are no LLM-only units, so the LLM's answers have nothing to add; the numbers are those of humans "
    "alone.",
    "no_llm": "No column of LLM answers could be used; the numbers are those of humans alone.",
}


def page(answer: Answer) -> Page:
    """The whole report."""
    rows = answer["estimates"]
    return Page(
        title="Calibrated estimates",
        subject=_subject(rows[0]),
        lead=tuple(_lead(answer)),
        facts=_facts(answer),
        warnings=tuple(grouped(answer["warnings"])),
        claim=answer["claim"],
        claim_meaning=CLAIMS[answer["claim"]],
        figure_caption="Calibrated estimates, and what humans alone and the LLM alone say. The numbers are below.",
        sections=(
            *sections(
                section("Estimates", tables.estimates(rows), tables.humans(rows), tables.worth(rows)),
                section("By LLM", tables.models(rows)),
                section("By other estimators", tables.alternatives(rows)),
                section("Subgroups", tables.heterogeneity(answer["heterogeneity"]), tables.pooled(rows)),
                section("Arms", tables.arms(answer["arms"]), tables.predictions(answer["arms"])),
                _transport(answer["transport"]),
                _missing(answer["missing_answers"]),
                answer["design"] and what_to_buy(answer["design"], "The next study: what to buy"),
                answer["design"] and against_humans(answer),
                answer["design"] and bands(answer),
                section("What was done", choices(answer["applied"])),
            ),
            *closing(answer, _methods(answer)),
        ),
    )


def _subject(first: Answer) -> str:
    return shortened(place(first["name"], first["outcome"], first["component"]), _NAME_EMS)


def _lead(answer: Answer) -> Iterator[str]:
    """The first estimate in words."""
    first, many = answer["estimates"][0], len(answer["estimates"])
    yield f"The estimate of {_subject(first)} is {_told(first)}."
    yield f"Humans alone say {_told(first['human_only'])}." + _alone(first["llm_only"])
    yield VERDICTS[first["verdict"]] + _worth(first)
    if many > 1:
        yield f"This is the first of {number(many)} estimates; the others are below."


def _told(result: Answer) -> str:
    found = result["interval"]
    ends = span(found["lower"], found["upper"])
    shown = beside(result["estimate"], found["lower"], found["upper"])
    return f"{shown}, {percent(found['level'])} interval {ends}"


def _alone(llm: Answer | None) -> str:
    return f" The LLM alone says {number(llm['estimate'])}, which is exploratory." if llm else ""


def _worth(first: Answer) -> str:
    worth = first["effective_sample_size"]
    if worth is None or first["verdict"] != "llm_used":
        return ""
    return f" With them, {number(first['human_sample_size'])} humans are as precise as {number(round(worth, 1))} alone."


def _facts(answer: Answer) -> Facts:
    first = answer["estimates"][0]
    return facts(
        ("estimate", point(first)),
        interval(first["interval"]),
        ("p-value", chance(first["p_value"])),
        ("humans", figure(first["human_sample_size"])),
        ("worth humans", figure(first["effective_sample_size"])),
    )


def _transport(found: Answer | None) -> Section | None:
    if found is None:
        return None
    names = list(found["smd_before"])
    balance = table(
        "Standardised mean differences from the target",
        names,
        ("covariate", name),
        ("before weighting", lambda n: figure(found["smd_before"][n])),
        ("after", lambda n: figure(found["smd_after"].get(n))),
    )
    told = facts(
        ("method", words(spoken(found["method"]))),
        ("humans that the weighted ones are worth", figure(found["kish_n"])),
        ("overlap", figure(found["overlap"])),
        ("factor by which weights may be wrong before the sign turns", figure(found["tipping_gamma"])),
    )
    return section("Weighted for the target population", told, balance)


def _missing(found: Answer | None) -> Section | None:
    if found is None:
        return None
    arms = found["arms"]
    rates = table(
        "Who was asked, and who answered",
        arms,
        ("arm", lambda a: name(a["name"])),
        ("outcome", lambda a: name(a["outcome"])),
        ("subgroup", lambda a: name(a["subgroup"])),
        ("asked", lambda a: figure(a["asked"])),
        ("answered", lambda a: figure(a["answered"])),
        ("rate", lambda a: share(a["rate"])),
        ("lowest propensity", lambda a: figure(a["lowest_propensity"])),
    )
    rows = found["estimates"]
    depends = table(
        "How estimates depend on those who did not answer",
        rows,
        ("estimate", lambda e: name(e["name"])),
        ("outcome", lambda e: name(e["outcome"])),
        ("component", lambda e: name(e["component"])),
        ("subgroup", lambda e: name(e["subgroup"])),
        ("complete cases", lambda e: figure(e["complete_case"]["estimate"])),
        ("worst case", lambda e: between(e["worst_case"])),
        ("within the stated delta", lambda e: between(e["delta_bounds"])),
        ("delta that takes it to the null value", lambda e: figure(e["tipping_delta"])),
    )
    return section("People who did not answer", rates, depends)


def _methods(answer: Answer) -> list[Method]:
    done = answer["applied"]
    intervals = dict.fromkeys(e["interval"]["method"] for e in answer["estimates"])
    return [
        ("estimator", done["estimator"]),
        ("estimand", done["estimand"]["type"]),
        ("statistic", done["statistic"]),
        *(("interval", method) for method in intervals),
        *([("transport", "target")] if answer["transport"] else []),
        *([("missing", "response_propensity")] if answer["missing_answers"] else []),
    ]
