from __future__ import annotations

from service.api.render.report.blocks import (
    MOST_ROWS,
    Paragraph,
    between,
    chance,
    ends,
    facts,
    figure,
    name,
    section,
    sections,
    share,
    status,
    table,
    words,
    yes,
)


def test_a_number_keeps_what_it_was_written_from() -> None:
    assert (figure(0.123456).text, figure(0.123456).exact) == ("0.1235", "0.123456")
    assert (chance(1e-9).text, chance(1e-9).exact) == ("< 0.0001", "1e-09")
    assert (share(0.5).text, share(0.5).exact) == ("50 %", "0.5")
    assert [made(None).exact for made in (figure, chance, share)] == [""] * 3


def test_what_there_is_not_is_a_dash() -> None:
    nothing = (
        figure(None),
        chance(None),
        share(None),
        ends(None, None),
        between(None),
        name(None),
        words(None),
        yes(None),
    )
    assert {cell.text for cell in nothing} == {"\u2013"}


def test_words_and_names() -> None:
    assert name("a\x00b").text == "a b"
    assert name("a").kind == "name"
    assert (status("not_rejected").text, status("not_rejected").status) == ("not rejected", "not_rejected")
    assert (yes(True).text, yes(False).text) == ("yes", "no")
    assert between({"lower": 0.0, "upper": None}).text == "from 0"
    assert words("x" * 100).long
    assert not words("x").long


def test_columns_without_an_entry_are_left_out_and_long_tables_are_cut_and_say_so() -> None:
    made = table(
        "c", [("a", [figure(k) for k in range(1000)]), ("b", [figure(None)] * 1000), ("c", [words("x")] * 1000)]
    )
    assert [(head.text, head.kind) for head in made.heads] == [("a", "number"), ("c", "words")]
    assert (len(made.rows), made.left_out) == (MOST_ROWS, 1000 - MOST_ROWS)
    assert table("c", [("a", [])]).rows == ()


def test_sections_and_facts_hold_what_there_is() -> None:
    empty = table("c", [("a", [])])
    assert section("h", None, empty) is None
    assert section("h", facts(("a", figure(None)))) is None
    found = section("h", Paragraph("p"), empty)
    assert found is not None
    assert found.blocks == (Paragraph("p"),)
    assert sections(None, found) == (found,)
    assert facts(("a", figure(1)), ("b", figure(None))).entries == (("a", figure(1)),)
