"""Pages as passages: what stands below one heading, and its address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.api.site.markdown import anchored

_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of a page: its address, the titles of its page and of itself (empty at the top), its Markdown."""

    address: str
    page: str
    section: str
    text: str


def passages(address: str, markdown: str) -> Iterator[Passage]:
    """The sections of a page, in order; the line of a heading belongs to its section."""
    title, section, place, lines = "", "", address, list[str]()
    seen: dict[str, int] = {}
    fenced = False
    for line in markdown.splitlines():
        fenced ^= line.startswith("```")
        level = 0 if fenced else _level(line)
        if level:
            words = line.lstrip("# ").replace("`", "").strip()
            name = anchored(words, seen)
            if level == 1:
                title = title or words
            elif level <= _DEEPEST:
                yield Passage(place, title, section, "\n".join(lines))
                section, place, lines = words, f"{address}#{name}", []
        lines.append(line)
    yield Passage(place, title, section, "\n".join(lines))


def _level(line: str) -> int:
    marks = line.partition(" ")[0]
    return len(marks) if marks and not marks.strip("#") else 0
