"""What the OpenAPI documents of both services say of their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.web.schemas import EVERY, Words


def fields(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every field of every struct, with what is said of it."""
    for name, schema in document["components"]["schemas"].items():
        for field, told in schema.get("properties", {}).items():
            yield name, field, told.get("description", "")


def undescribed(document: Mapping[str, Any]) -> list[str]:
    """Fields that say nothing, or only their default."""
    return [f"{name}.{field}" for name, field, said in fields(document) if not said or said.startswith("Default:")]


def left_over(document: Mapping[str, Any], words: Words) -> set[str]:
    """Words that no field has."""
    told = {(name, field): said for name, field, said in fields(document)}
    own = {(name, field): said for name, table in words.items() if name != EVERY for field, said in table.items()}
    unread = {".".join(place) for place, said in own.items() if not told.get(place, "").startswith(said)}
    shared = {(field, said) for (name, field), said in told.items() if (name, field) not in own}
    return unread | {
        field for field, said in words[EVERY].items() if not any(f == field and s.startswith(said) for f, s in shared)
    }
