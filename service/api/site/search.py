"""Search: the passages that have every word, those whose headings have them first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.api.site.passages import Passage

MOST_LETTERS = 100
MOST_FOUND = 30
_MOST_WORDS = 8
_OFTEN = 5  # more of a word in a passage is no better
_NAMED, _HEADED = 1000, 20
_EXCERPT = 220
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[`*|]+|^[#>\-\s]+|\s-{3,}")


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found, and its line that has most of the words."""

    passage: Passage
    excerpt: str


class Index:
    """Passages that can be searched: kept beside what search compares, small letters."""

    def __init__(self, told: Iterable[Passage]) -> None:
        self._kept = [(p, f"{p.page} {p.section}".lower(), p.text.lower()) for p in told]

    def found(self, query: str) -> list[Found]:
        """What has every word of the query, at most ``MOST_FOUND``, the best first."""
        words = re.findall(r"\w+", query[:MOST_LETTERS].lower())[:_MOST_WORDS]
        if not words:
            return []
        scored = [(_score(words, *kept), kept[0]) for kept in self._kept]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
        return [Found(passage, _excerpt(words, passage.text)) for _, passage in best[:MOST_FOUND]]


def _score(words: Sequence[str], passage: Passage, heading: str, text: str) -> int:
    if not all(word in text or word in heading for word in words):
        return 0
    phrase = _spaced(" ".join(words))
    named = _NAMED * (phrase in {_spaced(passage.page.lower()), _spaced(passage.section.lower())})
    return (
        named
        + _HEADED * (phrase in _spaced(heading))
        + sum(_HEADED * (word in heading) + min(text.count(word), _OFTEN) for word in words)
    )


def _spaced(name: str) -> str:
    """A code as the words that it is made of."""
    return name.replace("_", " ")


def _excerpt(words: Sequence[str], text: str) -> str:
    """The line with most of the words, as plain words, cut to a length around the first of them."""
    lines = [_plain(line) for line in text.splitlines() if not line.startswith(("#", "```"))]
    line = max(lines, key=lambda line: sum(word in line.lower() for word in words), default="")
    places = [line.lower().find(word) for word in words]
    begin = max(0, min((place for place in places if place >= 0), default=0) - _EXCERPT // 3)
    cut = line[begin : begin + _EXCERPT]
    return ("... " if begin else "") + cut + (" ..." if begin + _EXCERPT < len(line) else "")


def _plain(line: str) -> str:
    return " ".join(_MARKS.sub(" ", _LINK.sub(r"\1", line)).split())
