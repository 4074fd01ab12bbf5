"""What becomes of matplotlib's SVG: a name and a description for screen readers, nothing from outside, no idle ids."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from service.api.render.figures.palette import NAMES
from service.api.render.words import clean

FONTS = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n'
_TOLD = 24
_ID = re.compile(r' id="([^"]+)"')
_USED = re.compile(r'(?:href="#|url\(#)([^")]+)')
_COLOUR = re.compile("|".join(NAMES))


@dataclass(frozen=True, slots=True)
class Words:
    """What a figure shows, for who does not see it: a title, and a line for each thing shown."""

    title: str
    lines: Sequence[str]

    def described(self) -> str:
        """The lines, of which many are counted."""
        more = len(self.lines) - _TOLD
        return " ".join([*map(clean, self.lines[:_TOLD]), *([f"And {more} more."] if more > 0 else [])])


def finished(raw: str, words: Words) -> str:
    """The ``svg`` element of a drawing, with its words."""
    begin = raw.index("<svg")
    rest = raw[raw.index(">", begin) + 1 :]
    used = set(_USED.findall(rest))
    rest = _ID.sub(lambda found: found.group() if found.group(1) in used else "", rest)
    rest = rest.replace("; font-family: 'DejaVu Sans', sans-serif", "")
    (box,) = re.findall(r'viewBox="([\d. ]+)"', raw[begin : begin + 600])
    _, _, width, height = box.split()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}pt" '
        f'height="{height}pt" viewBox="{box}" role="img" aria-labelledby="figure-title figure-description" '
        f'font-family="{FONTS}" lang="en"><title id="figure-title">{escape(clean(words.title))}</title>'
        f'<desc id="figure-description">{escape(words.described())}</desc>{rest.strip()}'
    )


def document(svg: str) -> bytes:
    """A file of its own."""
    return (_HEADER + svg + "\n").encode()


def on_page(svg: str) -> str:
    """The same inside a page: its colours are those of the page's style."""
    return _COLOUR.sub(lambda found: f"var(--{NAMES[found.group()]})", svg)
