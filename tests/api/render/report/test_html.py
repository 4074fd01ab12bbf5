from __future__ import annotations

import pytest

from service.api.render.doubts import Doubt
from service.api.render.report.blocks import (
    Items,
    Page,
    Paragraph,
    ends,
    facts,
    figure,
    name,
    section,
    sections,
    status,
    table,
    words,
)
from service.api.render.report.html import document
from tests.api.render.answering import AWKWARD, SCRIPT
from tests.api.render.pages import read, tags


def page(text: str, **more: object) -> Page:
    whole: dict[str, object] = {
        "title": text,
        "lead": (text,),
        "facts": facts((text, words(text)), ("n", figure(0.5))),
        "warnings": (Doubt(text, (text,) * 30, (text,) * 30, text),),
        "claim": "exploratory",
        "claim_meaning": text,
        "figure_caption": text,
        "sections": sections(
            section(
                text, Paragraph(text), Paragraph(text, quoted=True), Items((text,)), table(text, [text], (text, name))
            )
        ),
    }
    return Page(**whole | more)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", AWKWARD)
def test_no_text_becomes_markup(text: str) -> None:
    made = document(page(text), "<svg></svg>")
    reader = read(made)
    assert tags(reader).isdisjoint({"script", "link", "img", "iframe", "b", "a"})
    assert made.count(b"<svg>") == 1
    assert b"\x00" not in made


def test_a_page_says_what_it_is_and_asks_nobody_else() -> None:
    reader = read(document(page("t"), ""))
    assert reader.elements[0] == ("html", {"lang": "en"})
    attributes = [attrs for _, attrs in reader.elements]
    assert not any({"src", "href"} & set(attrs) for attrs in attributes)
    policy = next(attrs for tag, attrs in reader.elements if tag == "meta" and "http-equiv" in attrs)
    assert policy["content"].startswith("default-src 'none'")
    levels = [tag for tag, _ in reader.elements if tag in {"h1", "h2", "h3"}]
    assert levels[0] == "h1"
    assert levels.count("h1") == 1
    assert {"main", "caption", "figcaption"} <= tags(reader)
    assert all("scope" in attrs for tag, attrs in reader.elements if tag == "th")


def test_the_title_tells_reports_of_a_kind_apart() -> None:
    assert b"<title>t: a &amp; b - Rectifier</title>" in document(page("t", subject="a & b"), "")
    assert b"<title>t - Rectifier</title>" in document(page("t"), "")


def test_style_has_both_modes_and_print() -> None:
    text = document(page("t"), "").decode()
    for media in ("(prefers-color-scheme:dark)", "print"):
        assert f"@media {media}" in text


def test_claim_and_warnings_are_always_there() -> None:
    texts = " ".join(read(document(page(SCRIPT), "")).texts)
    assert "exploratory" in texts
    assert "and 20 more places" in texts
    assert "; and 20 more" in texts
    assert "No warnings" in " ".join(read(document(page("t", warnings=()), "")).texts)


def test_without_a_figure_there_is_no_figure() -> None:
    assert "figure" not in tags(read(document(page("t", figure_caption=""), "")))


def test_an_interval_carries_both_ends() -> None:
    reader = read(document(page("t", facts=facts(("i", ends(0.25, None)), ("j", ends(0.123456, 0.5)))), ""))
    assert [attrs["value"] for tag, attrs in reader.elements if tag == "data"] == ["0.25", "0.123456", "0.5"]
    assert "[0.123, 0.500]" in "".join(reader.texts)


def test_a_status_has_its_colour_and_a_name_its_own_direction() -> None:
    reader = read(document(page("t", facts=facts(("s", status("not_rejected")), ("n", name("x")))), ""))
    assert ("span", {"class": "status not_rejected"}) in reader.elements
    assert ("bdi", {}) in reader.elements


def test_numbers_are_those_of_the_answer() -> None:
    reader = read(document(page("t"), ""))
    assert ("data", {"value": "0.5"}) in reader.elements
