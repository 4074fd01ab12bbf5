"""The card of a diagnosis: every entry with its status, in words and a shape; a check per line where there are many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from service.api.render.figures.drawing import SIZE, SMALL, WIDTH, Sheet
from service.api.render.figures.notes import LEFT, Notes
from service.api.render.figures.palette import INK, PAPER, RULE, SOFT, STATUS
from service.api.render.figures.svg import Words
from service.api.render.numerals import SMALLEST, estimated, number, percent, probability
from service.api.render.severity import SEVERITY, by_severity, counted
from service.api.render.words import place, shortened, spoken, width, wrapped

MOST = 30  # entries drawn one by one
_TEXT = LEFT + 20
_LINE, _GAP = 12.0, 10.0
_SHAPES = {"pass": "o", "not_testable": "_", "warn": "^", "fail": "X"}
_EMS = (WIDTH - LEFT - _TEXT) / SMALL


def words(answer: dict[str, Any]) -> Words:
    """What it shows."""
    found = by_severity(answer["checks"])
    title = f"Card of {len(found)} checks: {spoken(answer['summary'])}"
    return Words.of(title, found, _line, f"{answer['reason']}.")


def _line(c: dict[str, Any]) -> str:
    return f"{place(spoken(c['name']), _about(c) or None)}: {spoken(c['status'])}. {c['statement']}."


def sheet(answer: dict[str, Any], *, embedded: bool) -> Sheet:
    """The figure."""
    notes = Notes(answer, embedded=embedded)
    reason = [] if embedded else wrapped(answer["reason"], (WIDTH - 2 * LEFT) / SIZE)
    entries = _entries(answer["checks"])
    top = 8.0 if embedded else 44 + 13.5 * len(reason)
    height = top + sum(entry.height for entry in entries) + notes.height
    page = Sheet(height)
    if not embedded:
        verdict = spoken(answer["summary"])
        page.text(
            LEFT,
            24,
            f"{verdict[:1].upper()}{verdict[1:]}",
            fontsize=14,
            fontweight="bold",
            color=STATUS[answer["summary"]],
        )
        for index, line in enumerate(reason):
            page.text(LEFT, 42 + 13.5 * index, line, color=INK)
    y = top
    for entry in entries:
        _write(page, y, entry)
        y += entry.height
    notes.write(page, height - notes.height)
    return page


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry as it is drawn: its name, what it is about, the lines below, of which the first may be a measure."""

    status: str
    name: str
    about: str
    lines: tuple[tuple[str, str], ...] = ()

    @property
    def height(self) -> float:
        """In points."""
        return 16 + _LINE * len(self.lines) + _GAP


def _entries(checks: list[dict[str, Any]]) -> list[_Entry]:
    """One per entry of the answer, or per check where these are many; the worst first."""
    ordered = by_severity(checks)
    if len(checks) <= MOST:
        return [_Entry(c["status"], spoken(c["name"]), _about(c), _lines(c)) for c in ordered]
    found: list[_Entry] = []
    for name in dict.fromkeys(c["name"] for c in ordered):
        counts = Counter(c["status"] for c in checks if c["name"] == name)
        found.append(_Entry(max(counts, key=SEVERITY.index), spoken(name), counted(counts)))
    return found


def _write(page: Sheet, y: float, entry: _Entry) -> None:
    page.line([LEFT, WIDTH - LEFT], [y, y], color=RULE, linewidth=0.7)
    _mark(page, y + 12, entry.status)
    status, colour = spoken(entry.status), STATUS[entry.status]
    page.text(WIDTH - LEFT, y + 15.5, status, ha="right", color=colour, fontweight="bold")
    page.text(_TEXT, y + 15.5, entry.name, color=INK, fontweight="bold")
    left = _TEXT + width(entry.name) * SIZE * 1.05 + 8
    room = WIDTH - LEFT - width(status) * SIZE * 1.1 - 10 - left
    page.text(left, y + 15.5, shortened(entry.about, room / SMALL), fontsize=SMALL, color=SOFT)
    for index, (line, shade) in enumerate(entry.lines, start=1):
        page.text(_TEXT, y + 16 + _LINE * index, line, fontsize=SMALL, color=shade)


def _mark(page: Sheet, y: float, status: str) -> None:
    edge = (STATUS[status], 2.0) if status == "not_testable" else (PAPER, 0.6)
    look = {"marker": _SHAPES[status], "markersize": 8, "markeredgecolor": edge[0], "markeredgewidth": edge[1]}
    page.line([LEFT + 6], [y], color=STATUS[status], linestyle="none", **look)


def _about(check: dict[str, Any]) -> str:
    return place(check["outcome"], check["model"], check["arm"], check["subgroup"])


def _lines(check: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The first measure, then what was found."""
    statement = [(line, SOFT) for line in wrapped(check["statement"], _EMS)]
    return tuple([(line, INK) for m in check["measures"][:1] for line in wrapped(_measure(m), _EMS)] + statement)


def _measure(measure: dict[str, Any]) -> str:
    told, interval, p = f"{spoken(measure['name'])} ", measure["interval"], measure["p_value"]
    if interval:
        told += f"{estimated(measure['value'], interval['lower'], interval['upper'])} ({percent(interval['level'])})"
    else:
        told += number(measure["value"])
    return told + ("" if p is None else f", p {'' if p < SMALLEST else '= '}{probability(p)}")
