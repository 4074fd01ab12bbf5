"""The answer of ``rectifier screen`` in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from service.api.commands.shown.numbers import count, p_value, percent, told
from service.api.commands.shown.parts import ending, heading, plain_table, styled

Json = Mapping[str, Any]
_REJECTED = {True: "rejected", False: "not rejected", None: "not asked"}


def shown(answer: Json) -> list[RenderableType]:
    """The parts of an answer, in the order they are read."""
    return list(_parts(answer))


def _parts(answer: Json) -> Iterator[RenderableType]:
    yield _hypotheses(answer["hypotheses"])
    done = answer["applied"]
    rate = f"{done['multiplicity']} at {percent(done['error_rate'])}, weights {done['weighting']['method']}"
    yield Text(f"{rate}; {told(answer['expected_discoveries'])} discoveries expected if all were run as planned")
    if answer["next"]:
        yield heading("To take to humans next")
        yield _next(answer["next"])
    yield from ending(answer)


def _hypotheses(found: Sequence[Json]) -> Table:
    table = plain_table("hypothesis", "weight", "p", "p adjusted", "result", "claim", numbers=(1, 2, 3))
    for one in found:
        numbers = (told(one["weight"]), p_value(one["p_value"]), p_value(one["p_value_adjusted"]))
        table.add_row(one["name"], *numbers, _REJECTED[one["rejected"]], styled(one["claim"]))
    return table


def _next(found: Sequence[Json]) -> Table:
    table = plain_table("hypothesis", "humans", "cost", "probability of a discovery", numbers=(1, 2, 3))
    for one in found:
        sizes = (count(one["n_human"]), told(one["cost"]), told(one["probability_of_discovery"]))
        table.add_row(one["name"], *sizes)
    return table
