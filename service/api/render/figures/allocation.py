"""Several questions under one budget: the standard error of each, beside what even money would give."""

from __future__ import annotations

from typing import Any

from service.api.render.figures.drawing import SIZE, SMALL, WIDTH, Sheet, ruled, rules, stroke, titled
from service.api.render.figures.notes import LEFT, Notes
from service.api.render.figures.palette import CALIBRATED, HUMAN, INK, PAPER, SOFT
from service.api.render.figures.scale import scale
from service.api.render.figures.svg import Words
from service.api.render.numerals import number, percent
from service.api.render.words import shortened, width

_TOP, _BLOCK, _AXIS = 40.0, 34.0, 44.0
_CHOSEN: dict[str, Any] = {"color": CALIBRATED, "marker": "o", "markersize": 6.5, "linestyle": "none"}
_EVEN: dict[str, Any] = {"color": HUMAN, "marker": "s", "markersize": 5, "linestyle": "none", "markerfacecolor": PAPER}


def words(questions: dict[str, Any]) -> Words:
    """What it shows."""
    found = questions["questions"]
    return Words.of(f"Standard errors of {len(found)} questions", found, _line)


def _line(q: dict[str, Any]) -> str:
    units = f"{number(q['n_human'])} humans and {number(q['n_llm_only'])} LLM-only units"
    errors = f"standard error {number(q['standard_error'])}, with even money {number(q['standard_error_even'])}"
    return f"{q['name']}: {units}, {errors}."


def sheet(questions: dict[str, Any], notes: Notes) -> Sheet:
    """The figure."""
    shown = questions["questions"]
    height = _TOP + _BLOCK * len(shown) + _AXIS + notes.height
    page = Sheet(height)
    axis = scale([0.0, *(q["standard_error"] for q in shown), *(q["standard_error_even"] for q in shown)])
    panel = page.panel(_TOP, _BLOCK * len(shown))
    ruled(panel, axis.ticks(), grid=False)
    rules(panel, [at for at, _ in axis.ticks()], [(_BLOCK * k + 17, _BLOCK * (k + 1)) for k in range(len(shown))])
    for index, q in enumerate(shown):
        y = _BLOCK * index
        units = f"{number(q['n_human'])} humans, {number(q['n_llm_only'])} LLM-only"
        units += f", {percent(q['share'])}" if q["share"] is not None else ""
        room = (WIDTH - 2 * LEFT) / SIZE - width(units) - 2
        page.text(LEFT, _TOP + y + 13, shortened(q["name"], room), color=INK)
        page.text(WIDTH - LEFT, _TOP + y + 13, units, ha="right", fontsize=SMALL, color=SOFT)
        if q["standard_error_even"] is not None:
            stroke(panel, [axis.at(q["standard_error_even"])], [y + 24], **_EVEN)
        stroke(panel, [axis.at(q["standard_error"])], [y + 24], **_CHOSEN)
    _legend(page)
    titled(page, axis, "standard error", _TOP + _BLOCK * len(shown) + 30)
    notes.write(page, height - notes.height)
    return page


def _legend(page: Sheet) -> None:
    page.line([LEFT + 8], [14], **_CHOSEN)
    page.text(LEFT + 20, 17.5, "As allocated", color=INK)
    page.line([LEFT + 108], [14], **_EVEN)
    page.text(LEFT + 120, 17.5, "With the same money for each question", color=INK)
