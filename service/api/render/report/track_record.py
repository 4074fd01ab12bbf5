"""The report of POST /v1/track-records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.api.render.doubts import CLAIMS, grouped
from service.api.render.numerals import beside, number, percent, span
from service.api.render.report.blocks import (
    Page,
    Section,
    facts,
    figure,
    interval,
    name,
    point,
    section,
    sections,
    share,
)
from service.api.render.report.evidence import closing
from service.api.render.words import shortened

Answer = dict[str, Any]
_NAME_EMS = 60


def page(answer: Answer) -> Page:
    """The whole report."""
    effects = answer["random_effects"]
    return Page(
        title="What an LLM-only effect is worth",
        subject=shortened(answer["name"], _NAME_EMS),
        lead=tuple(_lead(answer)),
        facts=facts(
            ("new study", name(answer["name"])),
            ("LLM alone, exploratory", figure(answer["llm_only"]["estimate"])),
            ("its standard error", figure(answer["llm_only"]["standard_error"])),
            ("human effect, predicted", point(effects)),
            interval(effects["interval"]),
            ("past studies", figure(answer["conformal"]["studies"])),
        ),
        warnings=tuple(grouped(answer["warnings"])),
        claim=answer["claim"],
        claim_meaning=CLAIMS[answer["claim"]],
        figure_caption="The human effect to expect, and the line that past studies give. The past studies are in the "
        "request, not in the answer, and are not drawn.",
        sections=(
            *sections(_line(effects), _conformal(answer["conformal"]), _agreement(answer)),
            *closing(answer, [("track_record", kind) for kind in ("conformal", "random_effects", "correlation")]),
        ),
    )


def _lead(answer: Answer) -> Iterator[str]:
    effects, found = answer["random_effects"], answer["random_effects"]["interval"]
    yield f"The LLM alone says {number(answer['llm_only']['estimate'])} for {shortened(answer['name'], _NAME_EMS)}."
    if not found:
        yield "The record has too few studies for an interval."
        return
    ends = found["lower"], found["upper"]
    yield (
        f"By the record of past studies the human effect is about {beside(effects['estimate'], *ends)}, "
        f"{percent(found['level'])} interval {span(*ends)}."
    )
    wrong = number(effects["wrong_sign_probability"])
    yield f"The human effect has another sign than the LLM's with probability {wrong}."


def _line(effects: Answer) -> Section | None:
    return section(
        "Random effects",
        facts(
            ("predicted human effect", point(effects)),
            ("standard error", figure(effects["standard_error"])),
            ("df", figure(effects["df"])),
            interval(effects["interval"]),
            ("slope of human on LLM effects", figure(effects["slope"])),
            interval(effects["slope_interval"], "interval of the slope"),
            ("intercept", figure(effects["intercept"])),
            ("explained between studies", figure(effects["r_squared"])),
            ("variance between studies", figure(effects["tau2"])),
            ("variance between studies without the LLM", figure(effects["tau2_total"])),
            ("LLM effect from which the interval is above zero", figure(effects["surrogate_threshold"])),
            ("LLM effect from which it is below", figure(effects["surrogate_threshold_negative"])),
            ("probability of the wrong sign", figure(effects["wrong_sign_probability"])),
        ),
    )


def _conformal(found: Answer) -> Section | None:
    return section(
        "Conformal",
        facts(
            interval(found["interval"]),
            ("past studies", figure(found["studies"])),
            ("studies needed", figure(found["studies_needed"])),
            ("studies missing", figure(found["studies_missing"])),
        ),
    )


def _agreement(answer: Answer) -> Section | None:
    correlation, agreement = answer["correlation"], answer["agreement"]
    return section(
        "How near LLM effects came to human ones",
        facts(
            ("correlation", figure(correlation["raw"])),
            ("without sampling errors", figure(correlation["attenuation_corrected"])),
            ("free of orientation", figure(correlation["orientation_free"])),
            ("free of orientation, without sampling errors", figure(correlation["orientation_free_corrected"])),
            ("root mean squared difference", figure(agreement["rmse"])),
            ("without sampling errors of it", figure(agreement["rmse_adjusted"])),
            ("same sign", share(agreement["sign_agreement"])),
            ("significant past effects", figure(agreement["significant"])),
            ("same sign among them", share(agreement["sign_agreement_significant"])),
            ("slope through the origin", figure(agreement["slope_through_origin"])),
        ),
    )
