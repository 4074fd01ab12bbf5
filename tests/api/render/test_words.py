from __future__ import annotations

import pytest

from service.api.render.words import clean, place, shortened, spoken, width, wrapped
from tests.api.render.answering import AWKWARD


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\x00b\nc\x7f\ufffe", "a b c  "),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("\u4fe1\u983c", "\u4fe1\u983c"),
    ],
)
def test_clean_text_has_nothing_that_xml_forbids_or_that_turns_what_follows(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("ems", [3.0, 12.0, 40.0])
def test_shortened_text_fits_and_keeps_both_ends(text: str, ems: float) -> None:
    found = shortened(text, ems)
    assert width(found) <= ems + 0.1
    if width(clean(text)) <= ems:
        assert found == clean(text)
    else:
        head, _, tail = found.partition("\u2026")
        assert clean(text).startswith(head)
        assert clean(text).endswith(tail)


@pytest.mark.parametrize("text", [*AWKWARD, "several words that are wrapped at blanks", ""])
def test_wrapped_lines_fit_and_hold_every_word(text: str) -> None:
    lines = wrapped(text, 15)
    assert all(width(line) <= 15 for line in lines)
    assert "".join("".join(lines).split()) == "".join(clean(text).split())


def test_a_wide_script_is_wider() -> None:
    assert width("\u4fe1\u983c") == 2.0
    assert width("e\u0301") == width("e")
    assert width("ill") < width("non") < width("WOW")


def test_names_are_joined_and_spoken() -> None:
    assert place("a", None, "b") == "a \u00b7 b"
    assert spoken("human_only") == "human only"
