"""A request that was only looked at: what it would cost, and what would be done."""

from __future__ import annotations

from typing import Any

from service.api.render.figures.drawing import SIZE, WIDTH, Sheet
from service.api.render.figures.notes import LEFT, Notes
from service.api.render.figures.palette import INK, PASS, SOFT
from service.api.render.figures.svg import Words
from service.api.render.numerals import number, percent
from service.api.render.words import wrapped

_LINE = 14.0


def words(answer: dict[str, Any]) -> Words:
    """What it shows."""
    return Words("The request is valid", [cost(answer)])


def cost(answer: dict[str, Any]) -> str:
    """What it would cost."""
    work = answer["work"]
    share = percent(work["estimated"] / work["limit"])
    return f"Work: about {number(work['estimated'])} units, {share} of what a request may need."


def sheet(answer: dict[str, Any], *, embedded: bool) -> Sheet:
    """The figure."""
    notes, lines = Notes(answer, embedded=embedded), wrapped(cost(answer), (WIDTH - 2 * LEFT) / SIZE)
    height = 42 + _LINE * len(lines) + notes.height
    page = Sheet(height)
    page.text(LEFT, 22, "The request is valid", fontsize=13, fontweight="bold", color=PASS)
    for index, line in enumerate(lines):
        page.text(LEFT, 42 + _LINE * index, line, color=INK if index == 0 else SOFT)
    notes.write(page, height - notes.height)
    return page
