"""A sheet that matplotlib draws on: one figure at a time, in points from its upper left corner, the same bytes always.

No text is measured by a font of this machine or read as a formula, and none of matplotlib's global figures is used.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it may write its list of fonts is nobody's concern

import matplotlib as mpl  # noqa: E402 - what it says while it is imported is meant above
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.backends.backend_svg import RendererSVG  # noqa: E402
from matplotlib.collections import LineCollection  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

from service.api.render.figures.palette import INK, PAPER, RULE, SOFT  # noqa: E402
from service.api.render.figures.scale import Scale  # noqa: E402
from service.api.render.words import clean, width  # noqa: E402

WIDTH = 480.0
SIZE = 9.5
SMALL = 8.5
_STYLE: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": SIZE,
    "svg.fonttype": "none",
    "svg.hashsalt": "rectifier",
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": False,
    "path.simplify": False,
}
_UNNAMED = {"Date": None, "Creator": None, "Format": None, "Type": None}
NULL: dict[str, Any] = {"colors": SOFT, "linewidths": 1.0, "linestyles": [(0, (4, 3))]}
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
    """A figure that grows downwards; ``y`` is how far it has come."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72, facecolor=PAPER)

    def text(self, x: float, y: float, text: str, **style: Any) -> None:  # noqa: ANN401 - of matplotlib
        """A line of text, its baseline ``y`` points below the top."""
        look: dict[str, Any] = {"va": "baseline", "fontsize": SIZE} | style
        self.figure.text(x / WIDTH, 1 - y / self.height, clean(text), **look)

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:  # noqa: ANN401 - of matplotlib
        """A line, or markers, in points."""
        places = [x / WIDTH for x in xs], [1 - y / self.height for y in ys]
        self.figure.add_artist(Line2D(*places, **style))

    def panel(self, top: float, height: float, left: float = 10, right: float = 10) -> Axes:
        """Axes from 0 to 1 across and from 0 to ``height`` points downwards, without a frame."""
        axes = self.figure.add_axes(
            (left / WIDTH, 1 - (top + height) / self.height, (WIDTH - left - right) / WIDTH, height / self.height)
        )
        axes.set(xlim=(0, 1), ylim=(height, 0), xticks=[], yticks=[], facecolor="none")
        for side in ("left", "right", "top", "bottom"):
            axes.spines[side].set_visible(False)
        return axes


def ruled(axes: Axes, ticks: Sequence[tuple[float, str]], *, upright: bool = False, grid: bool = True) -> None:
    """Ticks with labels, and faint lines across, on the lower (upright: the left) side."""
    axis, side = (axes.yaxis, "left") if upright else (axes.xaxis, "bottom")
    axis.set_ticks([place for place, _ in ticks], [label for _, label in ticks])
    axis.set_tick_params(labelsize=SMALL, labelcolor=SOFT, color=SOFT, length=3, width=0.8)
    if grid:
        axis.grid(visible=True, color=RULE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[side].set_visible(True)


def rules(axes: Axes, places: Sequence[float], rows: Sequence[tuple[float, float]], **style: Any) -> None:  # noqa: ANN401 - of matplotlib
    """Upright lines at places across, from the top to the bottom of each row."""
    look: dict[str, Any] = {"colors": RULE, "linewidths": 0.7, "zorder": 0.5} | style
    lines = [[(place, top), (place, bottom)] for top, bottom in rows for place in places]
    axes.add_artist(LineCollection(lines, **look))


def stroke(axes: Axes, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:  # noqa: ANN401 - of matplotlib
    """A line, or markers, that may reach over the edge; ``plot`` would look for new limits every time."""
    axes.add_artist(Line2D(xs, ys, **style)).set_clip_on(False)


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
