"""Pages read back: a strict reading of the HTML, what it says and what no page may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from service.api.render.report.blocks import Cell, Facts, Page, Table

EMPTY = {"meta"}


@dataclass
class Reader(HTMLParser):
    """Elements in order with their attributes, texts, and whether every element is closed where it was opened."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def read(page: bytes) -> Reader:
    """The page, which is well-formed."""
    reader = Reader()
    reader.feed(page.decode())
    reader.close()
    assert reader.open == []
    return reader


def tags(reader: Reader) -> set[str]:
    return {tag for tag, _ in reader.elements}


def tables(page: Page) -> dict[str, Table]:
    """By caption."""
    return {b.caption: b for section in page.sections for b in section.blocks if isinstance(b, Table)}


def facts(page: Page) -> dict[str, str]:
    """Every fact of every section."""
    found = [page.facts, *(b for section in page.sections for b in section.blocks if isinstance(b, Facts))]
    return {name: cell.text for block in found for name, cell in block.entries}


def headings(page: Page) -> list[str]:
    return [section.heading for section in page.sections]


def column(table: Table, head: str) -> list[str]:
    """The texts below a heading."""
    at = [cell.text for cell in table.heads].index(head)
    return [row[at].text for row in table.rows]


def cells(page: Page) -> Iterator[Cell]:
    for table in tables(page).values():
        for row in table.rows:
            yield from row
