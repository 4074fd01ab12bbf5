"""Exact parsing: a text is an answer when the whole of it is one, and never because it contains one.

Rule: NFC, trim, case-fold, one trailing full stop taken off; then equal to a code or label treated alike. A text that
fits two options (codes 1..5 labelled 0..4, "1"; no checked study has such) is ``unparseable``. A text too long to be
one is never normalised: runs of combining marks take time that grows with their square.
A number is an optional minus sign, at most 40 ASCII digits and an optional point with as many: no plus sign, exponent,
thousands separator, unit, fraction or range. It is read as a float, for whole numbers as an integer below 2^53.
**Differs** typographic apostrophes, zero-width characters and full-width digits are not normalised: such texts are
missing. A free text is not judged: a refusal in words is its answer, which the provider's own signals do not change.
"""

from __future__ import annotations

import re
from functools import lru_cache
from sys import float_info
from typing import NamedTuple
from unicodedata import normalize

from service.gateway.answer import Value
from service.gateway.parsing.refusals import refuses
from service.gateway.providers.protocol import Missing
from service.gateway.study import DECLINED, Code, Item, Option

EXACT_INTEGERS = 2**53
"""Whole numbers below it survive every JSON reader."""
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_MEANT_AS_JSON = ("{", "[", "```")


class Reading(NamedTuple):
    """A value, or why there is none."""

    value: Value = None
    missing: Missing | None = None


class _Names(NamedTuple):
    """The codes by normalised name, None where two options have it; the most characters that a text of one may have."""

    codes: dict[str, Code | None]
    longest: int


UNPARSEABLE = Reading(missing="unparseable")
NOT_AN_OPTION = Reading(missing="not_an_option")
OUT_OF_RANGE = Reading(missing="out_of_range")


def normalised(text: str) -> str:
    """NFC, trimmed, case-folded, without one trailing full stop."""
    return normalize("NFC", normalize("NFC", text).strip().casefold()).removesuffix(".")


def bare(item: Item, text: str) -> Reading:
    """What a whole text says: a code or label, a number, a free text; ``empty`` when blank."""
    if not text.strip():
        return Reading(missing="empty")
    if item.type == "free_text":
        return _declined(item, text) or Reading(text.strip())
    if item.type == "numeric":
        return _declined(item, text) or _number(item, text)
    chosen = option_named(item, text)
    if chosen is None:
        return Reading(missing=_reason(text))
    if chosen.missing or item.type in {"choice", "likert"} or declines(item, chosen.value):
        return chosen
    return Reading((_code(chosen),)) if item.type == "multi_select" or len(item.options) == 1 else UNPARSEABLE


def declines(item: Item, value: object) -> bool:
    """Whether a value is the option of declining."""
    return item.decline == "option" and value == DECLINED


def option_named(item: Item, text: str) -> Reading | None:
    """The option with this code or label; ``unparseable`` when two have it, None when none has."""
    names = _names(item.offered)
    stripped = text.strip()
    key = normalised(stripped) if len(stripped) <= names.longest else ""
    if key not in names.codes:
        return None
    code = names.codes[key]
    return UNPARSEABLE if code is None else Reading(code)


def within(item: Item, number: float) -> Reading:
    """A number if it is one that the item allows, else ``out_of_range`` (2.5 where whole numbers are asked too)."""
    if not -float_info.max <= number <= float_info.max:
        return OUT_OF_RANGE
    if item.integer and (number != int(number) or abs(number) >= EXACT_INTEGERS):
        return OUT_OF_RANGE
    if (item.low is not None and number < item.low) or (item.high is not None and number > item.high):
        return OUT_OF_RANGE
    return Reading(int(number) if item.integer else float(number) + 0.0)  # + 0.0: no minus zero


def _number(item: Item, text: str) -> Reading:
    written = text.strip().removesuffix(".")
    if _NUMBER.fullmatch(written) is None:
        return Reading(missing="refused") if refuses(text) else UNPARSEABLE
    return within(item, float(written) if "." in written else int(written))


def _declined(item: Item, text: str) -> Reading | None:
    return option_named(item, text) if item.decline == "option" else None


def _reason(text: str) -> Missing:
    if refuses(text):
        return "refused"
    return "unparseable" if text.lstrip().startswith(_MEANT_AS_JSON) else "not_an_option"


def _code(reading: Reading) -> Code:
    assert isinstance(reading.value, int | str)
    return reading.value


@lru_cache(maxsize=256)
def _names(offered: tuple[Option, ...]) -> _Names:
    codes: dict[str, Code | None] = {}
    for option in offered:
        for name in (normalised(str(option.code)), normalised(option.label)):
            codes[name] = option.code if codes.get(name, option.code) == option.code else None
    codes.pop("", None)
    # decomposing never shortens a text and no folding shortens its decomposition: what is longer is no name
    return _Names(codes, 1 + max((len(normalize("NFD", name)) for name in codes), default=0))
