"""What was done, or would be: every choice of an answer's ``applied``, defaults included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.api.render.numerals import number
from service.api.render.report.blocks import Cell, Facts, facts, figure, name, words, yes
from service.api.render.words import clean, spoken

_CALLED = {
    "reason": "why",
    "compat": "as published, with known faults",
    "exchangeability_level": "level of the test of exchangeability",
}
_OF_PEOPLE = frozenset({"control", "contrasts", "categories", "subgroups", "interactions"})
"""Choices that are names people gave; all others are words of ours. A weight of 0 is no part of a contrast."""
_MOST = 60


def choices(applied: Mapping[str, Any]) -> Facts:
    """Each by its name; those that do not apply are left out."""
    return facts(*((_CALLED.get(field, spoken(field)), _cell(field, value)) for field, value in applied.items()))


def _cell(field: str, value: Any) -> Cell:  # noqa: ANN401 - any JSON
    if isinstance(value, bool):
        return yes(value)
    if isinstance(value, int | float):
        return figure(value)
    if isinstance(value, str):
        return name(value) if field in _OF_PEOPLE else words(spoken(value) if field != "reason" else value)
    return words(None if value is None else _told(value, field not in _OF_PEOPLE))


def _told(value: Any, ours: bool) -> str:  # noqa: ANN401 - any JSON
    """A value inside another."""
    if isinstance(value, dict):
        return _listed([_pair(key, inner, ours) for key, inner in value.items() if inner or (ours and inner == 0)])
    if isinstance(value, list):
        return _listed([_told(inner, ours) for inner in value])
    if isinstance(value, int | float):
        return number(value)
    return spoken(clean(value)) if ours else clean(value)


def _pair(key: str, value: Any, ours: bool) -> str:  # noqa: ANN401 - any JSON
    told = f"({_told(value, ours)})" if isinstance(value, dict) else _told(value, ours)
    if key == "type":
        return told
    return f"{spoken(key) if ours else clean(key)} {told}"


def _listed(found: list[str]) -> str:
    more = f" and {number(len(found) - _MOST)} more" if len(found) > _MOST else ""
    return (", ".join(found[:_MOST]) or "none") + more
