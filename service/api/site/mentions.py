"""Where the pages write about a code: the page, and the section of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from service.api.site.markdown import anchor

_SPAN = re.compile(r"`(\w+)`")


@dataclass(frozen=True, slots=True)
class Mention:
    """A section that names a code: its address, the titles of its page and of itself (empty at the top)."""

    address: str
    page: str
    section: str


def mentions(codes: Collection[str], pages: Iterable[tuple[str, str]]) -> dict[str, list[Mention]]:
    """By code the sections that name it in a code span, each once; ``pages`` are addresses and Markdown."""
    found: dict[str, list[Mention]] = {code: [] for code in codes}
    for address, text in pages:
        for name, mention in _spans(address, text):
            if name in found and mention not in found[name]:
                found[name].append(mention)
    return found


def _spans(address: str, text: str) -> Iterator[tuple[str, Mention]]:
    title, here, fenced = "", Mention(address, "", ""), False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if fenced:
            continue
        if line.startswith("# ") and not title:
            title = _plain(line)
            here = Mention(address, title, "")
        elif line.startswith("## "):
            section = _plain(line)
            here = Mention(f"{address}#{anchor(section)}", title, section)
        yield from ((name, here) for name in _SPAN.findall(line))


def _plain(heading: str) -> str:
    return heading.lstrip("# ").replace("`", "").strip()
