"""What was done, or would be: every choice of an answer's ``applied``, defaults included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.api.render.numerals import number
from service.api.render.report.blocks import Cell, Facts, facts, figure, name, words, yes
from service.api.render.words import spoken

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
    if isinstance(value, bool) or value is None:
        return yes(value)
    if field == "reason":
        return words(value)
    parts = _told(value, field not in _OF_PEOPLE)
    return parts[0] if len(parts) == 1 else Cell("".join(part.text for part in parts), parts=tuple(parts))


def _told(value: Any, ours: bool) -> list[Cell]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return _listed([_pair(key, inner, ours) for key, inner in value.items() if inner or (ours and inner == 0)])
    if isinstance(value, list):
        return _listed([_told(inner, ours) for inner in value])
    if isinstance(value, int | float):
        return [figure(value)]
    return [_called(value, ours)]


def _pair(key: str, value: Any, ours: bool) -> list[Cell]:  # noqa: ANN401 - any JSON
    told = _told(value, ours)
    if key == "type":
        return told
    if isinstance(value, dict):
        return [_called(key, ours), Cell(" ("), *told, Cell(")")]
    return [_called(key, ours), Cell(" "), *told]


def _called(text: str, ours: bool) -> Cell:
    return words(spoken(text)) if ours else name(text)


def _listed(found: list[list[Cell]]) -> list[Cell]:
    shown = [cell for one in found[:_MOST] for cell in (Cell(", "), *one)][1:] or [Cell("none")]
    return shown + ([Cell(f" and {number(len(found) - _MOST)} more")] if len(found) > _MOST else [])
