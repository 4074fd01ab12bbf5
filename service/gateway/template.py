"""Prompts from templates: ``{name}`` is replaced by a value, ``{{`` and ``}}`` are braces, and that is all.

Values are put in as they are and never read again, so that a persona whose job is ``{item}`` stays one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from service.gateway.study import Scalar

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
NAMES = frozenset({"arm", "item"})


class TemplateError(ValueError):
    """A brace that stands alone, or a name that is not among the persona's attributes."""


def placeholders(template: str) -> frozenset[str]:
    """The names a template asks for; ``TemplateError`` for a brace that opens or closes nothing."""
    names = set()
    for found in _PIECE.finditer(template):
        if found[0] in {"{", "}"}:
            raise TemplateError(f"a single {found[0]} at character {found.start()}: write it twice")
        if found[1] is not None:
            names.add(found[1])
    return frozenset(names)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The text; every placeholder is among the values."""

    def put(found: re.Match[str]) -> str:
        return found[0][0] if found[1] is None else values[found[1]]

    return _PIECE.sub(put, template)


def pieces(template: str) -> tuple[str | tuple[str], ...]:
    """The template in order: words as they are, each placeholder as the one member of a tuple."""
    found: list[str | tuple[str]] = []
    end = 0
    for match in _PIECE.finditer(template):
        found += [template[end : match.start()], match[0][0] if match[1] is None else (match[1],)]
        end = match.end()
    return (*found, template[end:])


def as_text(value: Scalar) -> str:
    """An attribute as it stands in a prompt: whole numbers without a point, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)
