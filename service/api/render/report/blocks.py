"""What a page is made of. Everything that is shown stands here as a value; the template adds none but fixed words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from service.api.render.doubts import Doubt
from service.api.render.numerals import NONE, number, percent, probability, span
from service.api.render.words import clean, spoken

MOST_ROWS = 400  # of a table; the answer in other media types has all
_LONG = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, by what it is; ``exact`` is the number of the JSON answer that it was written from."""

    text: str
    kind: Literal["words", "name", "number", "status"] = "words"
    exact: str = ""
    status: str = ""

    @property
    def long(self) -> bool:
        """Whether it needs the room of a sentence."""
        return len(self.text) > _LONG


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by heading; those that hold nothing at all are left out when it is made by ``table``."""

    caption: str
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are."""

    entries: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``quoted`` is made to be copied."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list of texts."""

    texts: tuple[str, ...]


Block = Table | Facts | Paragraph | Items


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report."""

    title: str
    lead: tuple[str, ...]
    facts: Facts
    warnings: tuple[Doubt, ...]
    sections: tuple[Section, ...]
    claim: str = ""
    claim_meaning: str = ""
    figure: str = ""
    figure_caption: str = ""
    status: str = ""


def figure(value: float | None) -> Cell:
    """A number."""
    return Cell(number(value), "number", "" if value is None else repr(value))


def chance(value: float | None) -> Cell:
    """A p-value."""
    return Cell(probability(value), "number", "" if value is None else repr(value))


def share(value: float | None) -> Cell:
    """A share in per cent."""
    return Cell(percent(value), "number", "" if value is None else repr(value))


def ends(lower: float | None, upper: float | None) -> Cell:
    """An interval."""
    return Cell(span(lower, upper), "number")


def between(found: Mapping[str, float | None] | None) -> Cell:
    """An interval, or bounds, of the answer."""
    return ends(None, None) if found is None else ends(found["lower"], found["upper"])


def name(text: str | None) -> Cell:
    """What somebody called something."""
    return Cell(NONE) if text is None else Cell(clean(text), "name")


def words(text: str | None) -> Cell:
    """A word of ours."""
    return Cell(NONE if text is None else clean(text))


def status(word: str) -> Cell:
    """A status in words and colour."""
    return Cell(spoken(word), "status", status=word)


def yes(value: bool | None) -> Cell:
    """Yes or no."""
    return Cell(NONE if value is None else "yes" if value else "no")


def table(caption: str, columns: Sequence[tuple[str, Sequence[Cell]]]) -> Table:
    """A table by columns; one without a single entry is left out."""
    kept = [(head, cells) for head, cells in columns if any(cell.text != NONE for cell in cells)]
    heads = tuple(Cell(head, "number" if any(c.kind == "number" for c in cells) else "words") for head, cells in kept)
    rows = tuple(zip(*(cells[:MOST_ROWS] for _, cells in kept), strict=True))
    return Table(caption, heads, rows, max([0, *(len(cells) - MOST_ROWS for _, cells in kept)]))


def facts(*entries: tuple[str, Cell]) -> Facts:
    """Those that there are."""
    return Facts(tuple((name, cell) for name, cell in entries if cell.text != NONE))


def section(heading: str, *blocks: Block | None) -> Section | None:
    """A section of the blocks that there are; none without any."""
    found = tuple(block for block in blocks if block is not None and not _empty(block))
    return Section(heading, found) if found else None


def _empty(block: Block) -> bool:
    return (isinstance(block, Table) and not block.rows) or (isinstance(block, Facts) and not block.entries)


def sections(*found: Section | None) -> tuple[Section, ...]:
    """Those that there are."""
    return tuple(one for one in found if one is not None)
