"""Which method can ask which item, and the labels that ``logprob`` asks with."""

from __future__ import annotations

from string import ascii_uppercase

from service.gateway.providers.protocol import Question
from service.gateway.study import Item, ItemType, Method, Option

MAX_LABELS = len(ascii_uppercase)
_ONE_OPTION: frozenset[ItemType] = frozenset({"choice", "likert"})
_ASKS: dict[Method, frozenset[ItemType]] = {
    "decision": _ONE_OPTION | {"multi_select"},
    "logprob": _ONE_OPTION,
    "verbalized": _ONE_OPTION | {"multi_select"},
    "sample": frozenset({"choice", "likert", "numeric", "multi_select", "free_text", "ranking"}),
}


def supports(item: Item, method: Method) -> str | None:
    """None, or why this method cannot ask this item: a sentence without any of the caller's text."""
    if item.type not in _ASKS[method]:
        return f"{method} asks {', '.join(sorted(_ASKS[method]))}, not {item.type}."
    if method == "logprob" and not _codes_are_labels(item.offered) and len(item.offered) > MAX_LABELS:
        return f"logprob has one-letter labels for {MAX_LABELS} options, not for {len(item.offered)}."
    return None


def labels_of(question: Question) -> tuple[str, ...]:
    """One-token labels in the order shown: the codes where all are one ASCII digit or letter, else A, B, C ...

    Raises: ValueError for more options than letters (``supports`` says so before).
    """
    if _codes_are_labels(question.options):
        return tuple(str(o.code) for o in question.options)
    if len(question.options) > MAX_LABELS:
        raise ValueError(f"More than {MAX_LABELS} options have no one-letter labels.")
    return tuple(ascii_uppercase[: len(question.options)])


def _codes_are_labels(options: tuple[Option, ...]) -> bool:
    codes = [str(o.code) for o in options]
    return all(len(c) == 1 and c.isascii() and c.isalnum() for c in codes) and len({*map(str.lower, codes)}) == len(
        codes
    )
