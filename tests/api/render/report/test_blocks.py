from __future__ import annotations

from service.api.render.report.blocks import (
    MOST_ROWS,
    Paragraph,
    between,
    chance,
    ends,
    facts,
    figure,
    interval,
    leveled,
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


def test_each_end_of_an_interval_keeps_its_number() -> None:
    cell = ends(0.123456, 0.654321)
    assert cell.text == "[0.123, 0.654]"
    assert [(part.text, part.exact) for part in cell.parts if part.exact] == [
        ("0.123", "0.123456"),
        ("0.654", "0.654321"),
    ]
    assert [part.exact for part in ends(None, 2.0).parts] == ["", "2.0"]


def test_a_level_is_told_where_all_have_one() -> None:
    low, high = {"level": 0.9, "lower": 0.0, "upper": 1.0}, {"level": 0.95, "lower": 0.0, "upper": 1.0}
    assert leveled("interval", [low, None, low]) == "90 % interval"
    assert leveled("interval", [low, high]) == leveled("interval", []) == "interval"
    assert interval(low)[0] == "90 % interval"
    assert interval(None, "x") == ("x", ends(None, None))


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
    asked: list[int] = []
    made = table(
        "c",
        range(1000),
        ("a", lambda k: asked.append(k) or figure(k)),
        ("b", lambda _: figure(None)),
        ("c", lambda _: words("x")),
    )
    assert len(asked) == MOST_ROWS
    assert [(head.text, head.kind) for head in made.heads] == [("a", "number"), ("c", "words")]
    assert (len(made.rows), made.left_out) == (MOST_ROWS, 1000 - MOST_ROWS)
    assert table("c", [], ("a", figure)).rows == ()


def test_sections_and_facts_hold_what_there_is() -> None:
    empty = table("c", [], ("a", figure))
    assert section("h", None, empty) is None
    assert section("h", facts(("a", figure(None)))) is None
    found = section("h", Paragraph("p"), empty)
    assert found is not None
    assert found.blocks == (Paragraph("p"),)
    assert sections(None, found) == (found,)
    assert facts(("a", figure(1)), ("b", figure(None))).entries == (("a", figure(1)),)
