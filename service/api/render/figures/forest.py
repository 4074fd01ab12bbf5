"""Calibrated estimates beside those of humans alone and of the LLM alone, an outcome under the other."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from service.api.render.figures.drawing import NULL, SIZE, SMALL, WIDTH, Panel, Sheet, ruled, rules, stroke, titled
from service.api.render.figures.notes import LEFT, Notes
from service.api.render.figures.palette import CALIBRATED, HUMAN, INK, LLM, PAPER, SOFT
from service.api.render.figures.scale import Scale, scale
from service.api.render.figures.svg import Words
from service.api.render.numerals import estimated, number, percent
from service.api.render.words import place, shortened, width

MOST = 40  # estimates drawn; the answer in other media types has all
FAR = 20.0  # times as wide: on one axis the narrower interval is a dot
_BLOCK, _LANE, _HEAD, _AXIS, _TOP = 46.0, 9.0, 22.0, 40.0, 50.0
_CALIBRATED: dict[str, Any] = {"color": CALIBRATED, "marker": "o", "markersize": 6.5, "linewidth": 2.4}
_HUMAN: dict[str, Any] = {"color": HUMAN, "marker": "s", "markersize": 5.0, "linewidth": 1.3, "markerfacecolor": PAPER}
_LLM: dict[str, Any] = {"color": LLM, "marker": "D", "markersize": 5.0, "linestyle": "none", "markerfacecolor": PAPER}
_END = 0.004


def words(answer: dict[str, Any]) -> Words:
    """What it shows."""
    found = answer["estimates"]
    several = len({e["outcome"] for e in found}) > 1
    title = f"Forest plot of {len(found)} calibrated {'estimate' if len(found) == 1 else 'estimates'}"
    return Words.of(title, found, lambda e: _line(e, e["outcome"] if several else None))


def _line(e: dict[str, Any], outcome: str | None) -> str:
    alone = f", LLM alone, exploratory, {number(e['llm_only']['estimate'])}." if e["llm_only"] else "."
    return (
        f"{place(outcome, _label(e))}: calibrated {estimated(e['estimate'], *_ends(e))}, humans alone "
        f"{estimated(e['human_only']['estimate'], *_ends(e['human_only']))}{alone}"
    )


def sheet(answer: dict[str, Any], *, embedded: bool) -> Sheet:
    """The figure."""
    drawn, notes = answer["estimates"][:MOST], Notes(answer, embedded=embedded)
    groups = panels(drawn)
    left_out = len(answer["estimates"]) - len(drawn)
    heads = _HEAD if len({outcome for outcome, _ in groups}) > 1 else 0.0
    height = _TOP + _BLOCK * len(drawn) + (heads + _AXIS) * len(groups) + (16 if left_out else 0) + notes.height
    page = Sheet(height)
    _legend(page, drawn[0]["interval"]["level"])
    y = _TOP
    for outcome, estimates in groups:
        if heads:
            page.text(LEFT, y + 12, shortened(outcome, 44), fontweight="bold")
        y = _panel(page, y + heads, estimates, _null(answer))
    if left_out:
        text = f"{left_out} more estimates are in the answer and not drawn."
        page.text(LEFT, y + 8, text, fontsize=SMALL, color=SOFT)
    notes.write(page, height - notes.height)
    return page


def panels(estimates: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Estimates that share an axis, by outcome, or by its components where their scales are far apart."""
    found: list[tuple[str, list[dict[str, Any]]]] = []
    for outcome, of in groupby(estimates, lambda e: e["outcome"]):
        group = list(of)
        parts = groupby(group, lambda e: e["component"]) if _far_apart(group) else [(None, group)]
        found += [(outcome, list(part)) for _, part in parts]
    return found


def _far_apart(estimates: list[dict[str, Any]]) -> bool:
    ends = [_ends(result) for e in estimates for result in (e, e["human_only"])]
    widths = [upper - lower for lower, upper in ends if lower is not None and upper is not None and upper > lower]
    return bool(widths) and max(widths) > FAR * min(widths)


def _panel(page: Sheet, top: float, estimates: list[dict[str, Any]], null: float | None) -> float:
    """One outcome's estimates on an axis of their own; returns where it ends."""
    height = _BLOCK * len(estimates)
    panel = page.panel(top, height)
    axis = _axis(estimates, null)
    ruled(panel, axis.ticks(), grid=False)
    below = [(_BLOCK * k + 18, _BLOCK * (k + 1)) for k in range(len(estimates))]  # lines do not cross names
    rules(panel, [place for place, _ in axis.ticks()], below)
    if null is not None and 0 <= axis.at(null) <= 1:
        rules(panel, [axis.at(null)], below, **NULL)
    for index, estimate in enumerate(estimates):
        y = _BLOCK * index
        figures = estimated(estimate["estimate"], *_ends(estimate))
        room = (WIDTH - 2 * LEFT) / SIZE - width(figures) * 1.1 - 2
        page.text(LEFT, top + y + 14, shortened(_label(estimate), room), color=INK)
        page.text(WIDTH - LEFT, top + y + 14, figures, ha="right", color=CALIBRATED, fontweight="bold")
        _bar(panel, axis, estimate, y + 22, _CALIBRATED)
        _bar(panel, axis, estimate["human_only"], y + 22 + _LANE, _HUMAN)
        if estimate["llm_only"]:
            stroke(panel, [axis.at(estimate["llm_only"]["estimate"])], [y + 22 + 2 * _LANE], **_LLM)
    titled(page, axis, "estimate", top + height + 28)
    return top + height + _AXIS


def _bar(panel: Panel, axis: Scale, result: dict[str, Any], y: float, style: dict[str, Any]) -> None:
    """An estimate and its interval; an open end is an arrow at the edge."""
    interval = result["interval"]
    ends = [
        edge if end is None else axis.at(end)
        for end, edge in ((interval["lower"], _END), (interval["upper"], 1 - _END))
    ]
    stroke(panel, ends, [y, y], color=style["color"], linewidth=style["linewidth"], solid_capstyle="butt")
    for end, at, marker in ((interval["lower"], ends[0], "<"), (interval["upper"], ends[1], ">")):
        if end is None:
            stroke(panel, [at], [y], marker=marker, color=style["color"], markersize=5)
    stroke(panel, [axis.at(result["estimate"])], [y], **{**style, "linestyle": "none"})


def _axis(estimates: list[dict[str, Any]], null: float | None) -> Scale:
    """All that is drawn; the null value too, where it is not far from everything."""
    shown: list[float | None] = []
    for e in estimates:
        for result in (e, e["human_only"]):
            shown += [result["estimate"], result["interval"]["lower"], result["interval"]["upper"]]
        shown += [e["llm_only"]["estimate"]] if e["llm_only"] else []
    found = scale(shown)
    near = null is not None and -1 <= found.at(null) <= 2
    return scale([*shown, null]) if near else found


def _legend(page: Sheet, level: float) -> None:
    entries = ((_CALIBRATED, "Calibrated"), (_HUMAN, "Humans alone"), (_LLM, "LLM alone, exploratory"))
    x = LEFT + 4
    for style, label in entries:
        page.line([x, x + 16], [14, 14], color=style["color"], linewidth=0 if style is _LLM else style["linewidth"])
        page.line([x + 8], [14], **{**style, "linestyle": "none"})
        page.text(x + 22, 17.5, label, color=INK)
        x += 22 + width(label) * SIZE * 0.95 + 12
    page.text(LEFT, 34, f"Bars are {percent(level)} intervals.", fontsize=SMALL, color=SOFT)


def _label(estimate: dict[str, Any]) -> str:
    return place(estimate["name"], estimate["component"], estimate["subgroup"])


def _ends(result: dict[str, Any]) -> tuple[float | None, float | None]:
    return result["interval"]["lower"], result["interval"]["upper"]


def _null(answer: dict[str, Any]) -> float | None:
    """The value that estimates are tested against, where they are."""
    tested = any(e["p_value"] is not None for e in answer["estimates"])
    return answer["applied"]["null_value"] if tested else None
