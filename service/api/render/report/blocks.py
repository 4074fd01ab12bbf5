"""What a page is made of. Everything that is shown stands here as a value; the template adds none but fixed words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from service.api.render.doubts import Doubt
from service.api.render.numerals import NONE, beside, number, percent, pieces, probability
from service.api.render.words import clean, spoken

MOST_ROWS = 400  # of a table; the answer in other media types has all
_LONG = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, by what it is; ``exact`` is the number of the JSON answer that it was written from.

    A text of several numbers has ``parts``.
    """

    text: str
    kind: Literal["words", "name", "number", "status"] = "words"
    exact: str = ""
    status: str = ""
    parts: tuple[Cell, ...] = ()

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


Column = tuple[str, Callable[[Any], Cell]]
"""A heading, and what stands below it for a row."""
Block = Table | Facts | Paragraph | Items


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report; ``subject`` tells it from others of its kind where only its title is seen."""

    title: str
    lead: tuple[str, ...]
    facts: Facts
    warnings: tuple[Doubt, ...]
    sections: tuple[Section, ...]
    subject: str = ""
    claim: str = ""
    claim_meaning: str = ""
    figure_caption: str = ""
    status: str = ""


def figure(value: float | None) -> Cell:
    """A number."""
    return _written(number(value), value)


def point(result: Mapping[str, Any]) -> Cell:
    """The estimate of a result, which stands beside its interval."""
    found = result["interval"] or {"lower": None, "upper": None}
    return _written(beside(result["estimate"], found["lower"], found["upper"]), result["estimate"])


def chance(value: float | None) -> Cell:
    """A p-value."""
    return _written(probability(value), value)


def share(value: float | None) -> Cell:
    """A share in per cent."""
    return _written(percent(value), value)


def ends(lower: float | None, upper: float | None) -> Cell:
    """An interval."""
    parts = tuple(_written(text, value) for text, value in pieces(lower, upper))
    return Cell("".join(part.text for part in parts), "number", parts=parts)


def between(found: Mapping[str, float | None] | None) -> Cell:
    """An interval, or bounds, of the answer."""
    return ends(None, None) if found is None else ends(found["lower"], found["upper"])


def interval(found: Mapping[str, Any] | None, what: str = "interval") -> tuple[str, Cell]:
    """The fact of an interval with its level."""
    return leveled(what, [found]), between(found)


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


def table(caption: str, rows: Sequence[Any], *columns: Column) -> Table:
    """A table of these rows; a column without a single entry is left out."""
    shown = rows[:MOST_ROWS]
    cells = [(head, [cell(row) for row in shown]) for head, cell in columns]
    kept = [(head, found) for head, found in cells if any(cell.text != NONE for cell in found)]
    heads = tuple(Cell(head, "number" if any(c.kind == "number" for c in found) else "words") for head, found in kept)
    return Table(caption, heads, tuple(zip(*(found for _, found in kept), strict=True)), len(rows) - len(shown))


def facts(*entries: tuple[str, Cell]) -> Facts:
    """Those that there are."""
    return Facts(tuple((name, cell) for name, cell in entries if cell.text != NONE))


def section(heading: str, *blocks: Block | None) -> Section | None:
    """A section of the blocks that there are; none without any."""
    found = tuple(block for block in blocks if block is not None and not _empty(block))
    return Section(heading, found) if found else None


def leveled(what: str, intervals: Sequence[Mapping[str, Any] | None]) -> str:
    """``what`` with the level of these intervals before it, where all have one."""
    levels = {found["level"] for found in intervals if found}
    return f"{percent(levels.pop())} {what}" if len(levels) == 1 else what


def _written(text: str, value: float | None) -> Cell:
    return Cell(text, "number", "" if value is None else repr(value))


def _empty(block: Block) -> bool:
    return (isinstance(block, Table) and not block.rows) or (isinstance(block, Facts) and not block.entries)


def sections(*found: Section | None) -> tuple[Section, ...]:
    """Those that there are."""
    return tuple(one for one in found if one is not None)
