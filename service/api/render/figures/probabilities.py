"""Whom to ask: how often each sampling probability comes, beside the uniform one."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.api.render.figures.drawing import SMALL, Sheet, ruled, stroke, titled
from service.api.render.figures.notes import LEFT, Notes
from service.api.render.figures.palette import CALIBRATED, HUMAN, INK, SOFT
from service.api.render.figures.scale import scale
from service.api.render.figures.svg import Words
from service.api.render.numerals import number

_TOP, _PANEL, _AXIS, _SIDE = 50.0, 190.0, 44.0, 58.0
_BINS = 24


def words(sampling: dict[str, Any]) -> Words:
    """What it shows."""
    least, most = number(sampling["smallest_probability"]), number(max(sampling["probabilities"]))
    frame, certain = number(sampling["n_frame"]), number(sampling["n_certain"])
    asked, uniform = number(sampling["n_expected"]), number(sampling["n_uniform"])
    lines = [
        f"{frame} units with probabilities from {least} to {most}; {certain} are asked for sure.",
        f"About {asked} people are asked; with the same probability for each it would take {uniform}.",
    ]
    return Words("Histogram of sampling probabilities", lines)


def sheet(sampling: dict[str, Any], notes: Notes) -> Sheet:
    """The figure."""
    height = _TOP + _PANEL + _AXIS + notes.height
    page = Sheet(height)
    found = np.asarray(sampling["probabilities"])
    uniform = sampling["n_expected"] / sampling["n_frame"]
    across = scale([0.0, float(found.max()), uniform], margin=0.02)
    top = float(found.max()) * (1 + 1e-12)
    counts, edges = np.histogram(found, bins=_BINS, range=(0.0, top or 1.0))
    up = scale([0.0, float(counts.max())], margin=0.02)
    panel = page.panel(_TOP, _PANEL, left=_SIDE, right=14)
    ruled(panel, across.ticks())
    ruled(panel, [((1 - place) * _PANEL, label) for place, label in up.ticks(5)], upright=True)
    for count, low, high in zip(counts, edges, edges[1:], strict=False):
        left, right = across.at(float(low)) + 0.001, across.at(float(high)) - 0.001
        y, foot = (1 - up.at(float(count))) * _PANEL, (1 - up.at(0.0)) * _PANEL
        corners = ((left, foot), (left, y), (right, y), (right, foot))
        page.area([panel.at(*corner) for corner in corners], CALIBRATED)
    stroke(panel, [across.at(uniform)] * 2, [0, _PANEL], color=HUMAN, linewidth=1.6, linestyle=(0, (5, 3)))
    page.line([LEFT + 2, LEFT + 22], [14, 14], color=HUMAN, linewidth=1.6, linestyle=(0, (5, 3)))
    page.text(LEFT + 28, 17.5, f"the same probability for everyone: {number(uniform)}", color=INK)
    page.text(LEFT, 44, "units", fontsize=SMALL, color=SOFT)
    titled(page, across, "probability of being asked", _TOP + _PANEL + 32)
    notes.write(page, height - notes.height)
    return page
