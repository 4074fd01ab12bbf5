"""What an LLM-only effect is worth: the intervals for the human effect, and the line that past studies give."""

from __future__ import annotations

from typing import Any

from service.api.render.figures.drawing import NULL, SMALL, WIDTH, Panel, Sheet, ruled, rules, stroke, titled
from service.api.render.figures.notes import LEFT, Notes
from service.api.render.figures.palette import CALIBRATED, HUMAN, INK, LLM, PAPER, SOFT
from service.api.render.figures.scale import Scale, scale
from service.api.render.figures.svg import Words
from service.api.render.numerals import estimated, number, percent, span
from service.api.render.words import shortened

_TOP, _BLOCK, _AXIS = 34.0, 34.0, 46.0
_LINE_TOP, _LINE_PANEL, _SIDE = 40.0, 200.0, 52.0


def words(answer: dict[str, Any]) -> Words:
    """What it shows."""
    effects = answer["random_effects"]
    lines = [f"The LLM alone says {number(answer['llm_only']['estimate'])}."]
    lines += [f"{label}: {figures}." for label, _, _, figures in _rows(answer)]
    if effects["slope"] is not None:
        lines.append(
            f"The line of past studies: human effect = {number(effects['intercept'])} + {number(effects['slope'])} "
            "times the LLM effect."
        )
    return Words(f"The human effect of {answer['name']} by the record of past studies", lines)


def sheet(answer: dict[str, Any], *, embedded: bool) -> Sheet:
    """The figure."""
    notes, rows = Notes(answer, embedded=embedded), _rows(answer)
    line = answer["random_effects"]["slope"] is not None
    end = _TOP + _BLOCK * (len(rows) + 1) + _AXIS
    height = end + (_LINE_TOP + _LINE_PANEL + _AXIS if line else 0) + notes.height
    page = Sheet(height)
    page.text(LEFT, 20, shortened(answer["name"], 44), fontweight="bold", color=INK, fontsize=11)
    _intervals(page, answer, rows)
    if line:
        _past(page, answer, end)
    notes.write(page, height - notes.height)
    return page


Row = tuple[str, float | None, dict[str, Any] | None, str]  # what, its estimate, its interval, the two in words


def _rows(answer: dict[str, Any]) -> list[Row]:
    effects, conformal = answer["random_effects"], answer["conformal"]
    short = f"needs {number(conformal['studies_needed'])} studies, there are {number(conformal['studies'])}"
    return [
        _row_of("Random effects over past studies", effects["estimate"], effects["interval"], "too few studies"),
        _row_of("Conformal over past studies", None, conformal["interval"], short),
    ]


def _row_of(label: str, estimate: float | None, interval: dict[str, Any] | None, without: str) -> Row:
    if interval is None:
        return label, estimate, None, without
    ends = interval["lower"], interval["upper"]
    figures = span(*ends) if estimate is None else estimated(estimate, *ends)
    return f"{label}, {percent(interval['level'])}", estimate, interval, figures


def _intervals(page: Sheet, answer: dict[str, Any], rows: list[Row]) -> None:
    """The two intervals for the human effect, below what the LLM says."""
    told = answer["llm_only"]["estimate"]
    shown: list[float | None] = [told, 0.0, *(estimate for _, estimate, _, _ in rows)]
    shown += [end for _, _, interval, _ in rows if interval for end in (interval["lower"], interval["upper"])]
    axis, height = scale(shown), _BLOCK * (len(rows) + 1)
    panel = page.panel(_TOP, height)
    ruled(panel, axis.ticks(), grid=False)
    below = [(_BLOCK * k + 18, _BLOCK * (k + 1)) for k in range(len(rows) + 1)]
    rules(panel, [place for place, _ in axis.ticks()], below)
    rules(panel, [axis.at(0.0)], below, **NULL)
    stroke(panel, [axis.at(told)], [24], color=LLM, marker="D", markersize=6, markerfacecolor=PAPER)
    _row(page, 0, "LLM alone, no interval", number(told), LLM)
    for index, (label, estimate, interval, figures) in enumerate(rows, start=1):
        y = _BLOCK * index + 24
        _row(page, index, label, figures, CALIBRATED if interval else SOFT)
        if interval:
            stroke(
                panel, [axis.at(interval["lower"]), axis.at(interval["upper"])], [y, y], color=CALIBRATED, linewidth=2.4
            )
        if estimate is not None:
            stroke(panel, [axis.at(estimate)], [y], color=CALIBRATED, marker="o", markersize=6.5)
    titled(page, axis, "human effect", _TOP + height + 30)


def _row(page: Sheet, index: int, label: str, figures: str, colour: str) -> None:
    y = _TOP + _BLOCK * index + 14
    page.text(LEFT, y, label, color=INK)
    page.text(WIDTH - LEFT, y, figures, ha="right", color=colour, fontweight="bold")


def _past(page: Sheet, answer: dict[str, Any], top: float) -> None:
    """The line of human on LLM effects, and where the new effect stands on it."""
    effects, told = answer["random_effects"], answer["llm_only"]["estimate"]
    interval = effects["interval"]
    ends = [0.0, told, effects["surrogate_threshold"], effects["surrogate_threshold_negative"]]
    across = scale([end for end in ends if end is None or abs(end) <= 10 * abs(told) or not told], margin=0.1)
    reach = [across.lower * 10.0**across.power, across.upper * 10.0**across.power]
    on_line = [effects["intercept"] + effects["slope"] * x for x in reach]
    up = scale([0.0, *on_line, interval["lower"], interval["upper"]])
    page.text(LEFT, top + 12, "The line of past studies", fontweight="bold", color=INK)
    unit = f" ({up.unit})" if up.unit else ""
    page.text(LEFT, top + 30, f"human effect{unit}", fontsize=SMALL, color=SOFT)
    panel = page.panel(top + _LINE_TOP, _LINE_PANEL, left=_SIDE, right=14)
    ruled(panel, across.ticks())
    ruled(panel, [((1 - at) * _LINE_PANEL, label) for at, label in up.ticks(5)], upright=True)
    _zero(panel, across, up)
    heights = [(1 - up.at(value)) * _LINE_PANEL for value in on_line]
    stroke(panel, [0, 1], heights, color=CALIBRATED, linewidth=1.6)
    bar = [(1 - up.at(interval[end])) * _LINE_PANEL for end in ("lower", "upper")]
    stroke(panel, [across.at(told)] * 2, bar, color=CALIBRATED, linewidth=2.4, marker="_", markersize=9)
    stroke(
        panel,
        [across.at(told)],
        [(1 - up.at(effects["estimate"])) * _LINE_PANEL],
        color=CALIBRATED,
        marker="o",
        markersize=6.5,
    )
    titled(page, across, "LLM effect; the bar is the interval at the new one", top + _LINE_TOP + _LINE_PANEL + 32)


def _zero(panel: Panel, across: Scale, up: Scale) -> None:
    """No effect, on both axes."""
    level, upright = (1 - up.at(0.0)) * _LINE_PANEL, across.at(0.0)
    for xs, ys in (([0.0, 1.0], [level, level]), ([upright, upright], [0.0, _LINE_PANEL])):
        stroke(panel, xs, ys, color=HUMAN, linewidth=1, linestyle=(0, (4, 3)))
