"""A sheet that matplotlib draws on: one figure at a time, in points from its upper left corner, the same bytes always.

No text is measured by a font of this machine or read as a formula, and none of matplotlib's global figures is used.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it may write its list of fonts is nobody's concern

import matplotlib as mpl  # noqa: E402 - what it says while it is imported is meant above
from matplotlib.backends.backend_svg import RendererSVG  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Polygon  # noqa: E402

from service.api.render.figures.palette import INK, PAPER, RULE, SOFT  # noqa: E402
from service.api.render.figures.scale import Scale  # noqa: E402
from service.api.render.words import clean, width  # noqa: E402

Point = tuple[float, float]
WIDTH = 480.0
SIZE = 9.5
SMALL = 8.5
_TICK = 3.0
_STYLE: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": SIZE,
    "svg.fonttype": "none",
    "svg.hashsalt": "rectifier",
    "text.parse_math": False,
    "text.color": INK,
    "path.simplify": False,
}
_UNNAMED = {"Date": None, "Creator": None, "Format": None, "Type": None}
NULL: dict[str, Any] = {"color": SOFT, "linewidth": 1.0, "linestyle": (0, (4, 3))}
"""The rules of the value that is tested against."""
_one_at_a_time = threading.Lock()


class _Renderer(RendererSVG):
    """Texts are as wide as ``words`` says: the reader's fonts are not known here, and a name may be in any script."""

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:  # noqa: ANN401, ARG002 - matplotlib's signature
        """Width, height and descent in points."""
        size = prop.get_size_in_points()
        return width(s) * size, 0.93 * size, 0.21 * size


_renderer: Callable[..., RendererSVG] = _Renderer


class Sheet:
    """A figure of this height; places are in points from its upper left corner."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72, facecolor=PAPER)

    def text(self, x: float, y: float, text: str, **style: Any) -> None:  # noqa: ANN401 - of matplotlib
        """A line of text, its baseline ``y`` points below the top."""
        look: dict[str, Any] = {"va": "baseline", "fontsize": SIZE} | style
        self.figure.text(x / WIDTH, 1 - y / self.height, clean(text), **look)

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:  # noqa: ANN401 - of matplotlib
        """A line, or markers, in points."""
        self.figure.add_artist(Line2D(*zip(*map(self._place, xs, ys), strict=True), **style))

    def lines(self, ends: Sequence[tuple[Point, Point]], **style: Any) -> None:  # noqa: ANN401 - of matplotlib
        """Many straight lines of one look, in points: one path with gaps, which is cheaper than a line each."""
        places = [place for begin, end in ends for place in (begin, end, (nan, nan))]
        self.line([x for x, _ in places], [y for _, y in places], **style)

    def area(self, corners: Sequence[Point], colour: str) -> None:
        """A filled polygon, in points."""
        self.figure.add_artist(Polygon([self._place(*corner) for corner in corners], color=colour, linewidth=0))

    def panel(self, top: float, height: float, left: float = 10, right: float = 10) -> Panel:
        """A part of the sheet with a scale across."""
        return Panel(self, left, top, WIDTH - left - right, height)

    def _place(self, x: float, y: float) -> Point:
        return x / WIDTH, 1 - y / self.height


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a sheet, from 0 to 1 across and from 0 to ``height`` points downwards.

    matplotlib's axes would do, and cost twenty times as much: a figure may have forty.
    """

    sheet: Sheet
    left: float
    top: float
    width: float
    height: float

    def at(self, x: float, y: float) -> Point:
        """The place on the sheet."""
        return self.left + x * self.width, self.top + y


def ruled(panel: Panel, ticks: Sequence[tuple[float, str]], *, upright: bool = False, grid: bool = True) -> None:
    """Ticks with labels, and faint lines across, on the lower (upright: the left) side."""
    sheet, left, low = panel.sheet, panel.left, panel.top + panel.height
    ends = [((left, panel.top), (left, low))] if upright else [((left, low), (left + panel.width, low))]
    across: list[tuple[Point, Point]] = []
    for place, label in ticks:
        x, y = panel.at(0, place) if upright else panel.at(place, panel.height)
        ends.append(((x, y), (x - _TICK, y) if upright else (x, y + _TICK)))
        across.append(((x, y), (x + panel.width, y) if upright else (x, panel.top)))
        if upright:
            sheet.text(x - 2 * _TICK, y + 3, label, ha="right", fontsize=SMALL, color=SOFT)
        else:
            sheet.text(x, y + 13, label, ha="center", fontsize=SMALL, color=SOFT)
    sheet.lines(ends, color=SOFT, linewidth=0.8, zorder=1)
    if grid:
        sheet.lines(across, color=RULE, linewidth=0.7, zorder=0.5)


def rules(panel: Panel, places: Sequence[float], rows: Sequence[tuple[float, float]], **style: Any) -> None:  # noqa: ANN401 - of matplotlib
    """Upright lines at places across, from the top to the bottom of each row."""
    look: dict[str, Any] = {"color": RULE, "linewidth": 0.7, "zorder": 0.5} | style
    panel.sheet.lines([(panel.at(at, top), panel.at(at, bottom)) for top, bottom in rows for at in places], **look)


def stroke(panel: Panel, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:  # noqa: ANN401 - of matplotlib
    """A line, or markers, that may reach over the edge."""
    panel.sheet.line(*zip(*map(panel.at, xs, ys), strict=True), **style)


def titled(sheet: Sheet, scale: Scale, label: str, y: float) -> None:
    """What an axis below a panel shows, centred, with the power of ten its labels are in."""
    told = f"{label} ({scale.unit})" if scale.unit else label
    sheet.text(WIDTH / 2, y, told, ha="center", fontsize=SMALL, color=SOFT)


def drawn(draw: Callable[[], Sheet]) -> str:
    """The SVG of a sheet, as matplotlib writes it."""
    with _one_at_a_time:
        figure = draw().figure
        out = io.StringIO()
        wide, high = (float(inches) * 72 for inches in figure.get_size_inches())
        renderer: Any = _renderer(wide, high, out, image_dpi=72, metadata=_UNNAMED)
        figure.draw(renderer)
        renderer.finalize()
    return out.getvalue()


mpl.rcdefaults()  # nothing of a file that this machine may have
mpl.rcParams.update(_STYLE)
