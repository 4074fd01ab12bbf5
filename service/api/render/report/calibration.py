"""The report of POST /v1/calibrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.api.render.doubts import CLAIMS, grouped
from service.api.render.numerals import number, percent, span
from service.api.render.report import estimates as tables
from service.api.render.report.blocks import (
    Facts,
    Page,
    Section,
    between,
    chance,
    ends,
    facts,
    figure,
    name,
    section,
    sections,
    share,
    table,
    words,
    yes,
)
from service.api.render.report.evidence import Method, closing
from service.api.render.report.purchases import against_humans, bands, what_to_buy
from service.api.render.words import clean, place, shortened, spoken

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
        lead=tuple(_lead(answer)),
        facts=_facts(answer),
        warnings=tuple(grouped(answer["warnings"])),
        claim=answer["claim"],
        claim_meaning=CLAIMS[answer["claim"]],
        figure_caption="Calibrated estimates, and what humans alone and the LLM alone say. The numbers are below.",
        sections=(
            *sections(
                section("Estimates", tables.estimates(rows), tables.worth(rows)),
                section("By LLM", tables.models(rows)),
                section("By other estimators", tables.alternatives(rows)),
                section("Subgroups", tables.heterogeneity(answer["heterogeneity"]), tables.pooled(rows)),
                section("Arms", tables.arms(answer["arms"]), tables.predictions(answer["arms"])),
                _transport(answer["transport"]),
                _missing(answer["missing_answers"]),
                answer["design"] and what_to_buy(answer["design"], "The next study: what to buy"),
                answer["design"] and against_humans(answer),
                answer["design"] and bands(answer),
                section("What was done", _applied(answer["applied"])),
            ),
            *closing(answer, _methods(answer)),
        ),
    )


def _lead(answer: Answer) -> Iterator[str]:
    """The first estimate in words."""
    first, summary = answer["estimates"][0], answer["summary"]
    what = shortened(place(first["name"], first["outcome"], first["component"]), _NAME_EMS)
    level = percent(answer["applied"]["confidence_level"])
    yield f"{what}: {number(summary['estimate'])}, {level} interval {span(summary['lower'], summary['upper'])}."
    alone = first["human_only"]
    yield (
        f"Humans alone say {number(alone['estimate'])}, "
        f"{span(alone['interval']['lower'], alone['interval']['upper'])}."
        + (f" The LLM alone says {number(first['llm_only']['estimate'])}." if first["llm_only"] else "")
    )
    yield VERDICTS[summary["verdict"]] + _worth(first)


def _worth(first: Answer) -> str:
    worth = first["effective_sample_size"]
    if worth is None or first["verdict"] != "llm_used":
        return ""
    return f" With them, {number(first['human_sample_size'])} humans are as precise as {number(round(worth, 1))} alone."


def _facts(answer: Answer) -> Facts:
    first = answer["estimates"][0]
    return facts(
        ("estimate", figure(first["estimate"])),
        ("interval", ends(first["interval"]["lower"], first["interval"]["upper"])),
        ("p-value", chance(first["p_value"])),
        ("humans", figure(first["human_sample_size"])),
        ("worth humans", figure(first["effective_sample_size"])),
    )


def _applied(done: Answer) -> Facts:
    """Every choice that was made, defaults included."""
    weights = "; ".join(f"{clean(n)}: {_weighted(w)}" for n, w in done["contrasts"].items())
    return facts(
        ("estimand", words(spoken(done["estimand"]["type"]))),
        ("statistic", words(done["statistic"] and spoken(done["statistic"]))),
        ("estimator", words(spoken(done["estimator"]))),
        ("why", words(done["reason"] or None)),
        ("interval", words(spoken(done["interval"]))),
        ("confidence level", share(done["confidence_level"])),
        ("identification", words(spoken(done["identification"]))),
        ("predictions", words(spoken(done["prediction_design"]))),
        ("inference for", words(spoken(done["inference_population"]))),
        ("control", name(done["control"])),
        ("contrasts", words(weights or None)),
        ("alternative", words(spoken(done["alternative"]))),
        ("null value", figure(done["null_value"])),
        ("margin", figure(done["margin"])),
        ("scale", words(done["scale"] and spoken(done["scale"]))),
        ("multiplicity", words(spoken(done["multiplicity"]))),
        ("replicates", figure(done["replicates"])),
        ("seed", figure(done["seed"])),
        ("level of the test of exchangeability", share(done["exchangeability_level"])),
        ("as published, with known faults", yes(done["compat"] or None)),
    )


def _weighted(weights: dict[str, float]) -> str:
    return ", ".join(f"{number(w)} × {clean(arm)}" for arm, w in weights.items())


def _transport(found: Answer | None) -> Section | None:
    if found is None:
        return None
    names = list(found["smd_before"])
    balance = table(
        "Standardised mean differences from the target",
        [
            ("covariate", [name(n) for n in names]),
            ("before weighting", [figure(found["smd_before"][n]) for n in names]),
            ("after", [figure(found["smd_after"].get(n)) for n in names]),
        ],
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
        [
            ("arm", [name(a["name"]) for a in arms]),
            ("outcome", [name(a["outcome"]) for a in arms]),
            ("subgroup", [name(a["subgroup"]) for a in arms]),
            ("asked", [figure(a["asked"]) for a in arms]),
            ("answered", [figure(a["answered"]) for a in arms]),
            ("rate", [share(a["rate"]) for a in arms]),
            ("lowest propensity", [figure(a["lowest_propensity"]) for a in arms]),
        ],
    )
    rows = found["estimates"]
    depends = table(
        "How estimates depend on those who did not answer",
        [
            ("estimate", [name(e["name"]) for e in rows]),
            ("outcome", [name(e["outcome"]) for e in rows]),
            ("complete cases", [figure(e["complete_case"]["estimate"]) for e in rows]),
            ("worst case", [between(e["worst_case"]) for e in rows]),
            ("within the stated delta", [between(e["delta_bounds"]) for e in rows]),
            ("delta that takes it to the null value", [figure(e["tipping_delta"]) for e in rows]),
        ],
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
