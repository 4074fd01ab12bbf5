"""A design in the terminal: whom to ask, what to buy, what it costs and gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from service.api.commands.shown.numbers import count, told
from service.api.commands.shown.parts import facts, plain_table

Json = Mapping[str, Any]


def bought(design: Json) -> Iterator[RenderableType]:
    """What to buy and what it gives."""
    yield groups(design["groups"])
    yield facts([
        ("humans", count(design["n_human"])),
        ("LLM-only units", f"{count(design['n_llm_only'])} (sampling ratio {told(design['sampling_ratio'])})"),
        ("cost", told(design["cost"])),
        ("standard error", f"{told(design['standard_error'])} (interval width {told(design['interval_width'])})"),
        ("worth humans", told(design["effective_sample_size"])),
        ("smallest detectable effect", told(design["mde"])),
        *([("power", told(design["power"]))] if design["power"] is not None else []),
        *([("draws per persona", count(design["draws_per_persona"]))] if design["draws_per_persona"] > 1 else []),
    ])  # fmt: skip


def groups(found: Sequence[Json]) -> Table:
    """Ways of spending on one unit, and how many of each."""
    table = plain_table("units", "ask", "arm", "price of one", numbers=(0, 3))
    for one in found:
        models = " + ".join(one["models"])
        who = " + ".join(filter(None, ["human" if one["human"] else "", models])) or "-"
        table.add_row(count(one["n"]), who, one["arm"] or "-", told(one["unit_cost"]))
    return table
