"""What becomes of matplotlib's SVG: a name and a description for screen readers, nothing from outside, no idle ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeVar

from service.api.render.figures.palette import NAMES
from service.api.render.words import clean

FONTS = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n'
TOLD = 24
"""Things that a description names; all are in the answer."""
_ID = re.compile(r' id="([^"]+)"')
_USED = re.compile(r'(?:href="#|url\(#)([^")]+)')
_COLOUR = re.compile("|".join(NAMES))
_TAG = re.compile(r"<[^>]*>")
_FONT = "; font-family: 'DejaVu Sans', sans-serif"
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Words:
    """What a figure shows, for who does not see it: a title, and lines, of which ``more`` are not told."""

    title: str
    lines: Sequence[str]
    more: int = 0

    def described(self) -> str:
        """The lines, and how many are not told."""
        return " ".join([*map(clean, self.lines), *([f"And {self.more} more."] if self.more else [])])

    @classmethod
    def of(cls, title: str, things: Sequence[Thing], line: Callable[[Thing], str], *first: str) -> Words:
        """The words of many things: ``first``, then a line for each, as far as anybody listens."""
        return cls(title, [*first, *map(line, things[:TOLD])], max(0, len(things) - TOLD))


def finished(raw: str, words: Words) -> str:
    """The ``svg`` element of a drawing, with its words."""
    begin = raw.index("<svg")
    rest = raw[raw.index(">", begin) + 1 :]
    used = set(_USED.findall(rest))
    rest = _in_tags(rest, lambda tag: _lean(tag, used))
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
    return _in_tags(svg, lambda tag: _COLOUR.sub(lambda found: f"var(--{NAMES[found.group()]})", tag))


def _lean(tag: str, used: Collection[str]) -> str:
    """A tag without an id that is not used, and without the font that only we have."""
    return _ID.sub(lambda found: found.group() if found.group(1) in used else "", tag).replace(_FONT, "")


def _in_tags(svg: str, change: Callable[[str], str]) -> str:
    """Tags changed, and never what is written between them: a name may look like a colour or an id."""
    return _TAG.sub(lambda found: change(found.group()), svg)
