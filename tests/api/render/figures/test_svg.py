from __future__ import annotations

from xml.etree import ElementTree as ET

from service.api.render.figures.drawing import Sheet, drawn, stroke
from service.api.render.figures.palette import INK, NAMES
from service.api.render.figures.svg import TOLD, Words, document, finished, on_page
from tests.api.render.answering import AWKWARD
from tests.api.render.drawings import SVG, attributes


def made(lines: list[str]) -> str:
    def sheet() -> Sheet:
        page = Sheet(60)
        stroke(page.panel(10, 30), [0, 1], [1, 2], color=INK, marker="o")
        page.text(10, 50, "below")
        return page

    return finished(drawn(sheet), Words(AWKWARD[0], lines))


def test_title_and_description_are_the_names_of_the_figure() -> None:
    root = ET.fromstring(document(made(["one.", AWKWARD[0]])))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == (AWKWARD[0], f"one. {AWKWARD[0]}")
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {description.attrib['id']}"
    assert root.attrib["role"] == "img"


def test_a_description_does_not_grow_without_end() -> None:
    asked: list[int] = []
    words = Words.of("t", range(500), lambda k: asked.append(k) or f"{k}.", "first.")
    assert words.described().startswith("first. 0. 1. ")
    assert words.described().endswith(" 23. And 476 more.")
    assert len(asked) == TOLD
    assert Words.of("t", [1], str).described() == "1"


def test_nothing_comes_from_outside_and_ids_are_used() -> None:
    text = document(made([])).decode()
    root = ET.fromstring(text)
    assert "DOCTYPE" not in text
    assert "metadata" not in text
    assert [v for v in attributes(root) if "//" in v and not v.startswith("http://www.w3.org/")] == []
    ids = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
    assert all(f"#{name}" in text or name in root.attrib["aria-labelledby"] for name in ids)


def test_a_name_that_looks_like_an_id_a_colour_or_a_font_stays_as_it_is() -> None:
    name = f"""a id="b" {INK}; font-family: 'DejaVu Sans', sans-serif"""

    def sheet() -> Sheet:
        page = Sheet(60)
        page.text(10, 50, name)
        return page

    drawing = finished(drawn(sheet), Words(name, [name]))
    for text in (drawing, on_page(drawing)):
        root = ET.fromstring(text)
        for element in (f"{SVG}text", f"{SVG}title", f"{SVG}desc"):
            assert next(root.iter(element)).text == name


def test_on_a_page_every_colour_is_the_style_s() -> None:
    text = on_page(made([]))
    assert not any(colour in text for colour in NAMES)
    assert "var(--ink)" in text
