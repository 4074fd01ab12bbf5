"""The table of methods, from the cards that /v1/methods serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.calibration.card import Card


def table(cards: Mapping[str, Sequence[Card]]) -> str:
    """A Markdown table, one line per card: kind, wire name, what it is, where it must not be trusted, sources."""
    lines = ["| kind | name | what | limits | source |", "|---|---|---|---|---|"]
    lines += [_line(kind.removesuffix("s"), card) for kind, group in cards.items() for card in group]
    return "\n".join(lines) + "\n"


def _line(kind: str, card: Card) -> str:
    limits, sources = "; ".join(card.limits), "; ".join(card.sources)
    return f"| {kind} | `{card.name}` | {card.title}: {card.formula} | {limits} | {sources} |"
