"""Where the pages write about a code: the page, and the section of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from service.api.site.passages import Passage

_SPAN = re.compile(r"`(\w+)`")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mention:
    """A section that names a code: its address, the titles of its page and of itself (empty at the top)."""

    address: str
    page: str
    section: str


def mentions(codes: Collection[str], told: Iterable[Passage]) -> dict[str, list[Mention]]:
    """By code the sections that name it in a code span, each once."""
    found: dict[str, list[Mention]] = {code: [] for code in codes}
    for name, mention in _spans(told):
        if name in found and mention not in found[name]:
            found[name].append(mention)
    return found


def _spans(told: Iterable[Passage]) -> Iterator[tuple[str, Mention]]:
    for passage in told:
        mention = Mention(passage.address, passage.page, passage.section)
        yield from ((name, mention) for name in _SPAN.findall(_FENCED.sub("", passage.text)))
