"""The report of a request that was only looked at."""

from __future__ import annotations

from typing import Any

from service.api.render.doubts import grouped
from service.api.render.numerals import percent
from service.api.render.report.blocks import Page, facts, figure, section, sections, words
from service.api.render.report.choices import choices

Answer = dict[str, Any]


def page(answer: Answer) -> Page:
    """The whole report."""
    work = answer["work"]
    return Page(
        title="The request is valid",
        lead=("It was only checked. Send it without validate_only for the answer.",),
        facts=facts(
            ("work, estimated", figure(work["estimated"])),
            ("of what a request may need", words(percent(work["estimated"] / work["limit"]))),
        ),
        warnings=tuple(grouped(answer["warnings"])),
        status="use",
        sections=sections(section("What would be done", choices(answer["applied"]))),
    )
