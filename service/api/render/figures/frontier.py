"""What money buys: standard error against cost, for the design and for humans alone."""

from __future__ import annotations

import math
from typing import Any

from service.api.render.figures import allocation, probabilities
from service.api.render.figures.drawing import SMALL, Sheet, ruled, stroke, titled
from service.api.render.figures.notes import LEFT, Notes
from service.api.render.figures.palette import CALIBRATED, HUMAN, INK, PAPER, SOFT
from service.api.render.figures.scale import scale
from service.api.render.figures.svg import Words
from service.api.render.numerals import number, percent

_TOP, _PANEL, _AXIS = 50.0, 230.0, 44.0
_SIDE = 52.0
_POINTS = 60


def words(answer: dict[str, Any]) -> Words:
    """What it shows."""
    if answer["questions"]:
        return allocation.words(answer["questions"])
    if answer["sampling"]:
        return probabilities.words(answer["sampling"])
    best = answer["design"]
    told = f"The design: {number(best['n_human'])} humans and {number(best['n_llm_only'])} LLM-only units cost "
    told += f"{number(best['cost'])} and give a standard error of {number(best['standard_error'])}."
    return Words.of("Standard error against cost", answer["frontier"], _point, told)


def _point(point: dict[str, Any]) -> str:
    units = f"{number(point['n_human'])} humans, {number(point['n_llm_only'])} LLM-only units"
    return f"At a cost of {number(point['cost'])}: {units}, standard error {number(point['standard_error'])}."


def sheet(answer: dict[str, Any], *, embedded: bool) -> Sheet:
    """The figure, by what the design was asked."""
    notes = Notes(answer, embedded=embedded)
    if answer["questions"]:
        return allocation.sheet(answer["questions"], notes)
    if answer["sampling"]:
        return probabilities.sheet(answer["sampling"], notes)
    return _frontier(answer, notes)


def _frontier(answer: dict[str, Any], notes: Notes) -> Sheet:
    best, points = answer["design"], answer["frontier"]
    alone = _alone(answer)
    costs, errors = scale([best["cost"], *(p["cost"] for p in points), 0.0]), _errors(answer, alone)
    height = _TOP + _PANEL + _AXIS + notes.height
    page = Sheet(height)
    panel = page.panel(_TOP, _PANEL, left=_SIDE, right=14)
    ruled(panel, costs.ticks())
    ruled(panel, [((1 - place) * _PANEL, label) for place, label in errors.ticks(5)], upright=True)

    def spot(cost: float, error: float) -> tuple[float, float]:
        return costs.at(cost), (1 - errors.at(error)) * _PANEL

    if alone:
        line = zip(*(spot(*pair) for pair in alone), strict=True)
        stroke(panel, *line, color=HUMAN, linewidth=1.4, linestyle=(0, (5, 3)))
    if points:
        pairs = [spot(p["cost"], p["standard_error"]) for p in points]
        stroke(panel, *zip(*pairs, strict=True), color=CALIBRATED, linewidth=2, marker="o", markersize=3.5)
    band = answer["bands"]
    if band:
        ends = [spot(best["cost"], end) for end in band["standard_error"]]
        stroke(panel, *zip(*ends, strict=True), color=CALIBRATED, linewidth=1.2, marker="_", markersize=9)
    stroke(panel, *([value] for value in spot(best["cost"], best["standard_error"])), **_MARK)
    _legend(page, humans=bool(alone))
    unit = f" ({errors.unit})" if errors.unit else ""
    unit += f"; the bar is its {percent(band['level'])} band" if band else ""
    page.text(LEFT, 44, f"standard error{unit}", fontsize=SMALL, color=SOFT)
    titled(page, costs, "cost", _TOP + _PANEL + 32)
    notes.write(page, height - notes.height)
    return page


_MARK: dict[str, Any] = {
    "color": CALIBRATED,
    "marker": "D",
    "markersize": 8,
    "markeredgecolor": PAPER,
    "linestyle": "none",
}


def _errors(answer: dict[str, Any], alone: list[tuple[float, float]]) -> Any:  # noqa: ANN401 - a Scale
    shown = [answer["design"]["standard_error"], *(p["standard_error"] for p in answer["frontier"]), 0.0]
    shown += answer["bands"]["standard_error"] if answer["bands"] else []
    return scale([*shown, *(error for _, error in alone)])


def _alone(answer: dict[str, Any]) -> list[tuple[float, float]]:
    """Humans alone over the costs of the frontier: their standard error falls with the root of what is spent."""
    human, points = answer["human_only"], answer["frontier"]
    if not points or not human["standard_error"] or not human["cost"]:
        return []
    least, most = points[0]["cost"], points[-1]["cost"]
    costs = [least + (most - least) * k / _POINTS for k in range(_POINTS + 1)]
    return [(cost, human["standard_error"] * math.sqrt(human["cost"] / cost)) for cost in costs if cost > 0]


def _legend(page: Sheet, *, humans: bool) -> None:
    page.line([LEFT + 8], [14], **_MARK)
    page.text(LEFT + 20, 17.5, "The design", color=INK)
    page.line([LEFT + 92, LEFT + 112], [14, 14], color=CALIBRATED, linewidth=2)
    page.text(LEFT + 118, 17.5, "Humans and LLM", color=INK)
    if humans:
        page.line([LEFT + 216, LEFT + 236], [14, 14], color=HUMAN, linewidth=1.4, linestyle=(0, (5, 3)))
        page.text(LEFT + 242, 17.5, "Humans alone for the same money", color=INK)
