"""JSON answers: the members of one object, each validated by us whatever the provider says about its schema.

Rule: an option is its code, as a JSON value of the code's type (4.0 is 4), or a string or number that is exactly a code
or label (4 and 4.0 are "4"); a number is a JSON number (1e1 is 10) or a string that is one exactly; several options are
a list without repetition, a ranking a list of all; null is declining where the schema allows it.
**Breaks** a key that stands twice anywhere makes the whole object ``unparseable``: which of the two was meant? So do
more colons than any answer has, which would take long to look through.
"""

from __future__ import annotations

from typing import TypeGuard

import msgspec

from service.gateway.parsing.exact import (
    EXACT_INTEGERS,
    NOT_AN_OPTION,
    UNPARSEABLE,
    Reading,
    bare,
    declines,
    option_named,
    within,
)
from service.gateway.parsing.refusals import refuses
from service.gateway.study import DECLINED, Code, Item
from service.web.json_scan import duplicate_key

MOST_COLONS = 10_000
"""In keys and texts together; beside one per option."""
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VALUE = msgspec.json.Decoder(float_hook=float)


def members_of(text: str, most: int = MOST_COLONS) -> dict[str, object] | None:
    """The members of a JSON object that is the whole text, each decoded; an undecodable one is ``msgspec.UNSET``.

    None for anything else: no JSON, no object, a key twice, more than ``most`` colons.
    """
    colons = text.count(":")
    if colons > most:
        return None
    try:
        raw = _OBJECT.decode(text)
        if colons > len(raw) and duplicate_key(text.encode()) is not None:
            return None
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None
    return {name: _decoded(value) for name, value in raw.items()}


def member(item: Item, value: object) -> Reading:
    """What a member says."""
    if value is None:
        return Reading(DECLINED) if item.decline == "schema" else UNPARSEABLE
    if item.type in {"multi_select", "ranking"}:
        return _several(item, value) if isinstance(value, list) else _no_list(value)
    if item.type in {"choice", "likert"}:
        return _one(item, value)
    if item.type == "numeric" and is_number(value):
        return within(item, value)
    return bare(item, value) if isinstance(value, str) else UNPARSEABLE


def is_number(value: object) -> TypeGuard[float]:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _decoded(value: msgspec.Raw) -> object:
    try:
        return _VALUE.decode(value)
    except (ValueError, RecursionError):
        return msgspec.UNSET


def _one(item: Item, value: object) -> Reading:
    """One option."""
    for option in item.offered:
        if option.code == value and (isinstance(value, str) or is_number(value)):
            return Reading(option.code)
    if isinstance(value, str):
        return bare(item, value)
    if not is_number(value):
        return UNPARSEABLE
    written = str(int(value)) if _is_whole(value) else str(value)
    code = next((Reading(o.code) for o in item.offered if o.code == written), None)
    return code or option_named(item, written) or NOT_AN_OPTION


def _is_whole(number: float) -> bool:
    return abs(number) < EXACT_INTEGERS and number == int(number)


def _several(item: Item, values: list[object]) -> Reading:
    """Some options in the item's order, or all of them in the order given."""
    if len(values) > len(item.offered):
        return UNPARSEABLE
    codes: list[Code] = []
    for value in values:
        read = _element(item, value)
        if read.missing is not None:
            return read
        assert isinstance(read.value, int | str)
        codes.append(read.value)
    if len(codes) == 1 and declines(item, codes[0]):
        return Reading(DECLINED)
    chosen = tuple(o.code for o in item.options if o.code in codes)
    if len(chosen) < len(codes) or (item.type == "ranking" and len(chosen) < len(item.options)):
        return UNPARSEABLE
    return Reading(tuple(codes) if item.type == "ranking" else chosen)


def _element(item: Item, value: object) -> Reading:
    if isinstance(value, str) and all(o.code != value for o in item.offered):
        return option_named(item, value) or NOT_AN_OPTION
    return _one(item, value)


def _no_list(value: object) -> Reading:
    return Reading(missing="refused") if isinstance(value, str) and refuses(value) else UNPARSEABLE
