from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.api.catalogue import CATALOGUE

SOURCES = [p for p in Path("service").rglob("*.py") if "gateway" not in p.parts]
# constructor or function -> position of the code among its positional arguments
RAISED_BY = {"Problem": 1, "at": 1, "FieldError": 1, "ProblemError": 0}
WARNED_BY = {"Warned": 0, "Dropped": 1}


def codes(source: str, makers: dict[str, int]) -> Iterator[str]:
    """The codes written where problems and warnings are made; a variable is followed no further."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        place = makers.get(name)
        if place is not None and len(node.args) > place:
            yield from (
                c.value for c in ast.walk(node.args[place]) if isinstance(c, ast.Constant) and isinstance(c.value, str)
            )


@pytest.mark.unwatched
def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    for source in SOURCES:
        text = source.read_text()
        raised, warned = set(codes(text, RAISED_BY)), set(codes(text, WARNED_BY))
        assert raised | warned <= set(CATALOGUE), source
        assert [code for code in raised if CATALOGUE[code].status is None] == [], source
    assert len(SOURCES) > 400


def test_codes_are_found_where_they_are_written() -> None:
    text = 'Problem("/a", "b_c", "d", "e"); E.at("/", "x" if y else "z", ""); Warned("w", "", "")'
    assert sorted(codes(text, RAISED_BY)) == ["b_c", "x", "z"]
    assert list(codes(text, WARNED_BY)) == ["w"]


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_says_something(code: str) -> None:
    entry = CATALOGUE[code]
    assert code == code.lower() == entry.code
    assert entry.status is None or 400 <= entry.status < 600
    assert not entry.title.endswith(".")
    assert entry.meaning.endswith(".")
    assert entry.action.endswith((".", "...)"))
