"""The fenced code blocks of a page, and whether what a page shows is what was printed or answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^( *)```+(\S*)[^\n]*\n(.*?)^\1```+ *$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"((?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)")
CLOSE = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its page, where it begins, its language ('' where none is named), its text."""

    page: str
    line: int
    language: str
    text: str

    def named(self, names: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
        """Which of the names is this block's: its page and how its text begins."""
        return next((name for name in names if name[0] == self.page and self.text.startswith(name[1])), None)


def blocks(page: Path, name: str) -> list[Block]:
    """Every fenced block of a page, in order."""
    text, found = page.read_text(), []
    for match in FENCE.finditer(text):
        indent, language, body = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        body = "\n".join(row.removeprefix(indent) for row in body.splitlines())
        found.append(Block(name, line, language, body))
    return found


def shows(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed: the same words and blanks, numbers rounded to the digits shown.

    A line ``...`` stands for any lines.
    """
    parts = [part.splitlines() for part in re.split(r"^\.\.\.\n?", shown.rstrip(), flags=re.MULTILINE)]
    rest = printed.rstrip().splitlines()
    if len(parts) == 1:
        return _same_lines(parts[0], rest)
    if not _same_lines(parts[0], rest[: len(parts[0])]):
        return False
    rest = rest[len(parts[0]) :]
    for part in parts[1:-1]:
        starts = (at for at in range(len(rest)) if _same_lines(part, rest[at : at + len(part)]))
        at = next(starts, None)
        if at is None:
            return False
        rest = rest[at + len(part) :]
    last = parts[-1]
    return len(last) <= len(rest) and _same_lines(last, rest[len(rest) - len(last) :])


def _same_lines(shown: list[str], printed: list[str]) -> bool:
    pairs = zip_longest(shown, printed)
    return all(one is not None and other is not None and _same_line(one, other) for one, other in pairs)


def _same_line(shown: str, printed: str) -> bool:
    words, others = NUMBER.split(shown.rstrip()), NUMBER.split(printed.rstrip())
    if len(words) != len(others):
        return False
    pairs = enumerate(zip(words, others, strict=True))
    return all(one == other or (at % 2 == 1 and near(Decimal(one), Decimal(other))) for at, (one, other) in pairs)


def near(shown: Decimal, found: Decimal) -> bool:
    """Whether a number is the one shown: whole numbers exactly, others to the digits shown, at most to nine."""
    exponent = shown.as_tuple().exponent
    assert isinstance(exponent, int)
    half = Decimal(5).scaleb(exponent - 1) if exponent < 0 else Decimal(0)
    return abs(shown - found) <= max(half, CLOSE * abs(shown) if exponent < 0 else Decimal(0))


def is_part(shown: Any, answer: Any) -> bool:
    """Whether a JSON value shows another, or a part of it: members may be left out, lists may not be shortened."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(
            name in answer and is_part(value, answer[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        return isinstance(answer, list) and len(shown) == len(answer) and all(map(is_part, shown, answer))
    if isinstance(shown, Decimal):
        return isinstance(answer, Decimal) and near(shown, answer)
    return shown == answer
