"""What every answer ends with: assumptions, warnings with what to do, the paragraph for a methods section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service.api.catalogue import CATALOGUE
from service.api.commands.shown.numbers import p_value

_ALIKE = 3
STYLES = {
    "pass": "green",
    "not_rejected": "green",
    "warn": "yellow",
    "not_testable": "yellow",
    "fail": "bold red",
    "rejected": "bold red",
    "use": "bold green",
    "use_with_care": "bold yellow",
    "do_not_use": "bold red",
    "confirmatory": "green",
    "exploratory": "yellow",
    "exploratory_with_track_record": "yellow",
}


def styled(word: str) -> Text:
    """A word of the wire in its colour, which the word alone says as well."""
    return Text(word, STYLES.get(word, ""))


def heading(text: str) -> Text:
    """A line above a part."""
    return Text(f"\n{text}", "bold")


def plain_table(*columns: str, numbers: Sequence[int] = ()) -> Table:
    """A table with these columns; ``numbers`` are aligned at the right."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        number = index in numbers
        table.add_column(name, justify="right" if number else "left", no_wrap=number, overflow="fold")
    return table


def facts(pairs: Iterable[tuple[str, str]]) -> Table:
    """Names and what they are, without a header."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in pairs:
        table.add_row(Text(name, "bold"), value)
    return table


def ending(answer: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Assumptions, warnings, methods paragraph: those that the answer has."""
    if assumptions := answer.get("assumptions"):
        yield heading("Assumptions")
        yield _assumptions(assumptions)
    yield from warned(answer["warnings"])
    if report := answer.get("report") or answer["passport"].get("report"):
        yield heading("For your methods section")
        yield Padding(Text(report), (0, 0, 0, 2))


def warned(warnings: Sequence[Mapping[str, str]]) -> Iterator[RenderableType]:
    """Every kind of warning, with what to do."""
    if warnings:
        yield heading("Warnings")
    for code in dict.fromkeys(warning["code"] for warning in warnings):
        alike = [warning for warning in warnings if warning["code"] == code]
        for warning in alike[:_ALIKE]:
            place = f" ({warning['pointer']})" if warning["pointer"] else ""
            yield Padding(Text.assemble((code, "yellow"), f"{place}: {warning['message']}"), (0, 0, 0, 2))
        if len(alike) > _ALIKE:
            yield Padding(Text(f"{code}: {len(alike) - _ALIKE} more, in --json"), (0, 0, 0, 2))
        if entry := CATALOGUE.get(code):
            yield Padding(Text(f"-> {entry.action}"), (0, 0, 0, 4))


def _assumptions(found: Sequence[Mapping[str, Any]]) -> Table:
    table = plain_table("assumption", "status", "p", "statement", numbers=(2,))
    for one in found:
        table.add_row(one["name"], styled(one["status"]), p_value(one["p_value"]), one["statement"])
    return table
