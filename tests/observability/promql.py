"""The metrics and labels that a PromQL expression names; no more of the language than that."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\d[\w.]*|[A-Za-z_:][\w:]*|[{}(),]|[=!]~|!=|[^\s]')
_NAME = re.compile(r"[A-Za-z_:][\w:]*")
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}


class Named(NamedTuple):
    """What an expression names: metrics with the labels of their selectors, and labels of groupings."""

    metrics: dict[str, set[str]]
    grouped: set[str]


def named(expression: str) -> Named:
    """The names in an expression."""
    tokens = _TOKEN.findall(expression)
    metrics: dict[str, set[str]] = {}
    grouped: set[str] = set()
    at = 0
    while at < len(tokens):
        token, following = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else ""
        if not _NAME.fullmatch(token) or token.lower() in _WORDS:
            at += 1
        elif token in _GROUPING:
            end = tokens.index(")", at)
            grouped |= {t for t in tokens[at + 2 : end] if _NAME.fullmatch(t)}
            at = end + 1
        elif following == "{":
            end = tokens.index("}", at)
            inside = tokens[at + 2 : end]
            labels = {t for t, after in pairwise(inside) if _NAME.fullmatch(t) and after in _MATCH}
            metrics.setdefault(token, set()).update(labels)
            at = end + 1
        else:
            if following != "(" and following not in _GROUPING:
                metrics.setdefault(token, set())
            at += 1
    return Named(metrics, grouped)


_MATCH = {"=", "!=", "=~", "!~"}
