"""Exact parsing: a text is an answer when the whole of it is one, and never because it contains one.

Rule: NFC, trim, case-fold, one trailing full stop taken off; then equal to a code or label treated alike. Where case or
a full stop tells two options apart, the text as written decides; a text that still fits two options
(codes 1..5 labelled 0..4, "1") is ``unparseable``.
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
from service.gateway.study import DECLINED, Code, Item

EXACT_INTEGERS = 2**53
"""Whole numbers below it survive every JSON reader."""
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_MEANT_AS_JSON = ("{", "[", "```")


class Reading(NamedTuple):
    """A value, or why there is none."""

    value: Value = None
    missing: Missing | None = None


class _Names(NamedTuple):
    """What the options are called, as written and normalised; None: two options have that name."""

    written: dict[str, Code | None]
    folded: dict[str, Code | None]


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
    names = _names(item)
    for known, key in ((names.written, normalize("NFC", text).strip()), (names.folded, normalised(text))):
        if key in known:
            code = known[key]
            return UNPARSEABLE if code is None else Reading(code)
    return None


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
    written = normalised(text)
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


@lru_cache(maxsize=4096)
def _names(item: Item) -> _Names:
    written: dict[str, Code | None] = {}
    folded: dict[str, Code | None] = {}
    for option in item.offered:
        for name in (str(option.code), option.label):
            for known, key in ((written, normalize("NFC", name).strip()), (folded, normalised(name))):
                known[key] = option.code if known.get(key, option.code) == option.code else None
    written.pop("", None)
    folded.pop("", None)
    return _Names(written, folded)
