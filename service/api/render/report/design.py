"""The report of POST /v1/designs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.api.render.doubts import grouped
from service.api.render.numerals import number, percent
from service.api.render.report.blocks import (
    Facts,
    Page,
    Section,
    facts,
    figure,
    name,
    section,
    sections,
    share,
    table,
    words,
)
from service.api.render.report.evidence import closing
from service.api.render.report.purchases import against_humans, bands, groups, what_to_buy
from service.api.render.words import spoken

Answer = dict[str, Any]


def page(answer: Answer) -> Page:
    """The whole report."""
    return Page(
        title="Sampling design",
        lead=tuple(_lead(answer)),
        facts=_facts(answer),
        warnings=tuple(grouped(answer["warnings"])),
        figure_caption=_caption(answer),
        sections=(
            *sections(
                *([what_to_buy(answer["design"]), against_humans(answer)] if answer["design"] else []),
                _questions(answer["questions"]),
                _sampling(answer["sampling"]),
                bands(answer),
                _top_up(answer["top_up"]),
                _simulation(answer["simulation"]),
                section("For other budgets", _frontier(answer["frontier"])),
            ),
            *closing(answer, ()),
        ),
    )


def _lead(answer: Answer) -> Iterator[str]:
    best, questions, sampling = answer["design"], answer["questions"], answer["sampling"]
    if best:
        yield (
            f"Ask {number(best['n_human'])} humans and buy LLM answers for {number(best['n_llm_only'])} units that no "
            f"human answers for. It costs {number(best['cost'])} and gives a standard error of "
            f"{number(best['standard_error'])}."
        )
        yield _pays(answer)
    if questions:
        yield (
            f"{number(len(questions['questions']))} questions: {number(questions['n_human'])} humans and "
            f"{number(questions['n_llm_only'])} LLM-only units for {number(questions['cost'])}."
        )
    if sampling:
        yield (
            f"Of {number(sampling['n_frame'])} units, about {number(sampling['n_expected'])} are asked, each with the "
            f"probability given in the answer; {number(sampling['n_uniform'])} would be needed if all had the same."
        )


def _pays(answer: Answer) -> str:
    if not answer["llm_pays"]:
        return "LLM answers do not pay at these prices: the money is best spent on humans."
    return f"Humans alone would cost {_times(answer['cost_share'])} for the same precision."


def _times(share_of: float) -> str:
    return f"{number(1 / share_of)} times as much" if share_of > 0 else "more"


def _facts(answer: Answer) -> Facts:
    best = answer["design"] or answer["questions"] or answer["sampling"]
    return facts(
        ("humans", figure(best.get("n_human", best.get("n_expected")))),
        ("LLM-only units", figure(best.get("n_llm_only"))),
        ("cost", figure(best["cost"])),
        ("standard error", figure(best.get("standard_error"))),
        ("power", share(best.get("power"))),
    )


def _caption(answer: Answer) -> str:
    if answer["questions"]:
        return "Standard error of each question, as allocated and with the same money for each."
    if answer["sampling"]:
        return "How many units are asked with which probability."
    return "Standard error against cost: what each budget buys, with LLM answers and without."


def _questions(found: Answer | None) -> Section | None:
    if found is None:
        return None
    rows = found["questions"]
    told = facts(
        ("answered by", words({"separate": "a sample each", "same": "the same people"}[found["sample"]])),
        ("minimised", words(spoken(found["minimise"]))),
        ("its value", figure(found["value"])),
        ("its value with the same money for each", figure(found["value_even"])),
    )
    each = table(
        "Each question's part",
        rows,
        ("question", lambda q: name(q["name"])),
        ("weight", lambda q: figure(q["weight"])),
        ("humans", lambda q: figure(q["n_human"])),
        ("LLM-only units", lambda q: figure(q["n_llm_only"])),
        ("cost", lambda q: figure(q["cost"])),
        ("share", lambda q: share(q["share"])),
        ("standard error", lambda q: figure(q["standard_error"])),
        ("with even money", lambda q: figure(q["standard_error_even"])),
        ("worth humans", lambda q: figure(q["effective_sample_size"])),
        ("smallest effect that is found", lambda q: figure(q["mde"])),
        ("power", lambda q: share(q["power"])),
    )
    return section("Questions", told, each, groups(found["groups"]))


def _sampling(found: Answer | None) -> Section | None:
    if found is None:
        return None
    return section(
        "Whom to ask",
        facts(
            ("units in the frame", figure(found["n_frame"])),
            ("humans expected", figure(found["n_expected"])),
            ("standard deviation of their number", figure(found["n_sd"])),
            ("asked for sure", figure(found["n_certain"])),
            ("smallest probability", figure(found["smallest_probability"])),
            ("humans needed with the same probability for all", figure(found["n_uniform"])),
            (
                "variance over that of uniform sampling, its part that changes",
                figure(found["rectifier_variance_ratio"]),
            ),
            ("variance over that of uniform sampling", figure(found["variance_ratio"])),
            ("standard error", figure(found["standard_error"])),
            ("standard error, uniform", figure(found["standard_error_uniform"])),
            ("standard error, humans alone", figure(found["standard_error_human_only"])),
            ("power", share(found["power"])),
        ),
    )


def _top_up(found: Answer | None) -> Section | None:
    if found is None:
        return None
    told = facts(
        ("humans to add", figure(found["n_human"])),
        ("LLM-only units to add", figure(found["n_llm_only"])),
        ("cost", figure(found["cost"])),
        ("standard error of the pilot", figure(found["standard_error_before"])),
        ("standard error of both", figure(found["standard_error"])),
        ("if more of the pilot's mix were bought", figure(found["standard_error_proportional"])),
    )
    return section("What to add to the pilot", told, groups(found["groups"], "Units to add, and what one costs"))


def _simulation(found: Answer | None) -> Section | None:
    if found is None:
        return None
    rows = found["contrasts"]
    each = table(
        f"The plan drawn {number(found['replicates'])} times and analysed, {percent(found['level'])} intervals",
        rows,
        ("contrast", lambda c: name(c["name"])),
        ("coverage", lambda c: share(c["coverage"])),
        ("Monte Carlo error", lambda c: share(c["coverage_error"])),
        ("power", lambda c: share(c["power"])),
        ("power by formula", lambda c: share(c["analytic_power"])),
        ("standard error planned", lambda c: figure(c["standard_error"])),
        ("mean of those estimated", lambda c: figure(c["mean_standard_error"])),
        ("spread of estimates", lambda c: figure(c["spread"])),
    )
    return section("The plan, simulated", each)


def _frontier(points: list[Answer]) -> Any:  # noqa: ANN401 - a Table
    return table(
        "What each budget buys",
        points,
        ("cost", lambda p: figure(p["cost"])),
        ("humans", lambda p: figure(p["n_human"])),
        ("LLM-only units", lambda p: figure(p["n_llm_only"])),
        ("standard error", lambda p: figure(p["standard_error"])),
    )
