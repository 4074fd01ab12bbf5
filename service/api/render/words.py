"""Words for people: names of any kind made safe to show, shortened and wrapped without knowing the reader's font."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NARROW, _NARROW_EM, _CAPITAL_EM, _LETTER_EM = frozenset(" .,:;'|!ijltfrI()[]/-"), 0.38, 0.74, 0.63


def clean(text: str) -> str:
    """The text without what XML forbids, what breaks lines, and marks that turn the direction of what follows."""
    return _TURNING.sub("", _NOT_SHOWN.sub(" ", text))


def width(text: str) -> float:
    """About how wide a text is, in units of its font size; rather too wide than too narrow."""
    return sum(map(_advance, text))


def shortened(text: str, ems: float) -> str:
    """The clean text, its middle left out where it is wider than ``ems``: names often differ at their end."""
    shown = clean(text)
    if width(shown) <= ems:
        return shown
    head, tail = _fitting(shown, (ems - 1) * 0.62), _fitting(shown[::-1], (ems - 1) * 0.38)[::-1]
    return f"{head}\u2026{tail}"


def wrapped(text: str, ems: float) -> list[str]:
    """The clean text in lines at most ``ems`` wide, broken at blanks; a longer word is broken anywhere."""
    lines, line = [], ""
    for word in _words(clean(text), ems):
        longer = f"{line} {word}" if line else word
        if line and width(longer) > ems:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def spoken(name: str) -> str:
    """A word of the wire as people write it."""
    return name.replace("_", " ")


def place(*names: str | None) -> str:
    """What an entry is about, from the parts of its name that there are."""
    return " \u00b7 ".join(name for name in names if name)


def _words(text: str, ems: float) -> Iterator[str]:
    for word in text.split():
        rest = word
        while width(rest) > ems:
            piece = _fitting(rest, ems) or rest[0]
            yield piece
            rest = rest[len(piece) :]
        if rest:
            yield rest


def _fitting(text: str, ems: float) -> str:
    """The longest beginning that is at most so wide."""
    total = 0.0
    for index, character in enumerate(text):
        total += _advance(character)
        if total > ems:
            return text[:index]
    return text


def _advance(character: str) -> float:
    if character in _NARROW:
        return _NARROW_EM
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in "mwMW@%":
        return 1.0
    return _CAPITAL_EM if character.isupper() else _LETTER_EM
