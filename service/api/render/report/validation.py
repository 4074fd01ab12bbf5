"""The report of a request that was only looked at."""

from __future__ import annotations

from typing import Any

from service.api.render.doubts import grouped
from service.api.render.numerals import number, percent
from service.api.render.report.blocks import Cell, Page, facts, figure, section, sections, words
from service.api.render.words import clean, spoken

Answer = dict[str, Any]


def page(answer: Answer) -> Page:
    """The whole report."""
    work = answer["work"]
    return Page(
        title="The request is valid",
        lead=("Nothing was computed. Send the same request without validate_only for the answer.",),
        facts=facts(
            ("work, estimated", figure(work["estimated"])),
            ("of what a request may need", words(percent(work["estimated"] / work["limit"]))),
        ),
        warnings=tuple(grouped(answer["warnings"])),
        status="use",
        sections=sections(section("What would be done", facts(*_flat(answer["applied"])))),
    )


def _flat(applied: Answer) -> list[tuple[str, Cell]]:
    """Every choice as a name and a text."""
    return [
        (spoken(field), Cell(_told(value)) if value is not None else words(None)) for field, value in applied.items()
    ]


def _told(value: Any) -> str:  # noqa: ANN401 - any JSON
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, dict):
        return "; ".join(f"{clean(key)}: {_told(inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "none"
    return clean(str(value))
