"""A screening: each hypothesis's weight from LLM evidence, and its adjusted p-value where people were asked."""

from __future__ import annotations

import math
from typing import Any

from service.api.render.figures.drawing import SIZE, SMALL, WIDTH, Sheet, ruled, stroke
from service.api.render.figures.notes import LEFT, Notes
from service.api.render.figures.palette import CALIBRATED, FAIL, HUMAN, INK, LLM, PAPER, SOFT
from service.api.render.figures.scale import scale
from service.api.render.figures.svg import Words
from service.api.render.numerals import number, probability, ten
from service.api.render.words import shortened

MOST = 60
_SAID = {True: "rejected", False: "not rejected", None: "not run yet"}
_TOP, _BLOCK, _AXIS = 50.0, 18.0, 40.0
_NAMES, _WEIGHTS, _GAP = 190.0, 100.0, 16.0
_LEAST_P = 1e-6
_REJECTED: dict[str, Any] = {"color": CALIBRATED, "marker": "o", "markersize": 6.5}
_KEPT: dict[str, Any] = {"color": HUMAN, "marker": "o", "markersize": 6, "markerfacecolor": PAPER}


def words(answer: dict[str, Any]) -> Words:
    """What it shows."""
    found = answer["hypotheses"]
    return Words.of(f"Screening of {len(found)} hypotheses", found, _line)


def _line(h: dict[str, Any]) -> str:
    judged = f", adjusted p-value {probability(h['p_value_adjusted'])}." if h["rejected"] is not None else "."
    return f"{h['name']}: weight {number(h['weight'])}, {_SAID[h['rejected']]}{judged}"


def sheet(answer: dict[str, Any], *, embedded: bool) -> Sheet:
    """The figure."""
    notes, shown = Notes(answer, embedded=embedded), answer["hypotheses"][:MOST]
    left_out = len(answer["hypotheses"]) - len(shown)
    rows = _BLOCK * len(shown)
    height = _TOP + rows + _AXIS + (16 if left_out else 0) + notes.height
    page = Sheet(height)
    for index, hypothesis in enumerate(shown):
        name = shortened(hypothesis["name"], (_NAMES - LEFT - 6) / SIZE)
        page.text(LEFT, _TOP + _BLOCK * index + 13, name, color=INK)
    _weights(page, shown, rows)
    _p_values(page, shown, rows, answer["applied"]["error_rate"])
    _legend(page)
    if left_out:
        page.text(
            LEFT,
            _TOP + rows + 44,
            f"{left_out} more hypotheses are in the answer and not drawn.",
            fontsize=SMALL,
            color=SOFT,
        )
    notes.write(page, height - notes.height)
    return page


def _weights(page: Sheet, shown: list[dict[str, Any]], rows: float) -> None:
    axis = scale([0.0, *(h["weight"] for h in shown)], margin=0.0)
    panel = page.panel(_TOP, rows, left=_NAMES, right=WIDTH - _NAMES - _WEIGHTS)
    ruled(panel, axis.ticks(3))
    for index, hypothesis in enumerate(shown):
        y = _BLOCK * index + 9
        stroke(
            panel, [axis.at(0.0), axis.at(hypothesis["weight"])], [y, y], color=LLM, linewidth=6, solid_capstyle="butt"
        )
    page.text(_NAMES, _TOP - 6, "weight by LLM evidence", fontsize=SMALL, color=SOFT)


def _p_values(page: Sheet, shown: list[dict[str, Any]], rows: float, error_rate: float) -> None:
    """On a logarithmic axis, small ones to the right."""
    left = _NAMES + _WEIGHTS + _GAP
    found = [h["p_value_adjusted"] for h in shown if h["p_value_adjusted"] is not None]
    least = max(_LEAST_P, min([*found, error_rate]) / 2)
    reach = -math.log10(least) or 1.0

    def at(p: float) -> float:
        return -math.log10(max(p, least)) / reach

    panel = page.panel(_TOP, rows, left=left, right=16)
    ruled(panel, [(at(10.0**-k), _power(k)) for k in range(math.floor(reach + 1e-9) + 1)])
    stroke(panel, [at(error_rate)] * 2, [0, rows], color=FAIL, linewidth=1.2, linestyle=(0, (4, 3)))
    for index, hypothesis in enumerate(shown):
        p, y = hypothesis["p_value_adjusted"], _BLOCK * index + 9
        if p is None:
            page.text(left, _TOP + y + 3.5, "not run yet", fontsize=SMALL, color=SOFT)
        else:
            stroke(panel, [at(p)], [y], **(_REJECTED if hypothesis["rejected"] else _KEPT))
    page.text(left, _TOP - 6, f"adjusted p-value; line: {number(error_rate)}", fontsize=SMALL, color=SOFT)


def _power(k: int) -> str:
    return f"{10.0**-k:.{k}f}" if k < 4 else ten(-k).removeprefix("\u00d7 ")


def _legend(page: Sheet) -> None:
    page.line([LEFT + 8], [14], linestyle="none", **_REJECTED)
    page.text(LEFT + 20, 17.5, "Rejected: a discovery", color=INK)
    page.line([LEFT + 150], [14], linestyle="none", **_KEPT)
    page.text(LEFT + 162, 17.5, "Not rejected", color=INK)
