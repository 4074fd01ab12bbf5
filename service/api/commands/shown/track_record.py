"""The answer of ``rectifier track-record`` in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from service.api.commands.shown.numbers import NOTHING, beside, between, percent, told
from service.api.commands.shown.parts import ending, facts, heading, plain_table, styled

Json = Mapping[str, Any]


def shown(answer: Json) -> list[RenderableType]:
    """The parts of an answer, in the order they are read."""
    return list(_parts(answer))


def _parts(answer: Json) -> Iterator[RenderableType]:
    yield Text.assemble((answer["name"], "bold"), ", claim ", styled(answer["claim"]))
    yield _effects(answer)
    conformal = answer["conformal"]
    if conformal["studies_missing"]:
        text = f"the conformal interval needs {conformal['studies_needed']} studies, there are {conformal['studies']}"
        yield Text(f"{text}: {conformal['studies_missing']} more")
    yield heading("The record")
    yield facts(list(_record(answer)))
    yield from ending(answer)


def _effects(answer: Json) -> Table:
    table = plain_table("human effect", "estimate", "interval", "level", numbers=(1, 2, 3))
    by_line = answer["random_effects"]
    for label, estimate, interval in (
        ("by random effects", by_line["estimate"], by_line["interval"]),
        ("conformal over tasks", None, answer["conformal"]["interval"]),
    ):
        level = percent(interval["level"]) if interval else NOTHING
        table.add_row(label, beside(estimate, interval), between(interval), level)
    alone = answer["llm_only"]
    table.add_row("(what the LLM says)", told(alone["estimate"]), "none is valid", "")
    return table


def _record(answer: Json) -> Iterator[tuple[str, str]]:
    line, correlation, agreement = answer["random_effects"], answer["correlation"], answer["agreement"]
    yield "slope of human on LLM effects", f"{told(line['slope'])} ({between(line['slope_interval'])})"
    yield "wrong sign, probability", told(line["wrong_sign_probability"])
    yield "LLM effect needed for a sign", told(line["surrogate_threshold"])
    corrected = told(correlation["attenuation_corrected"])
    yield "correlation", f"{told(correlation['raw'])}, {corrected} corrected for sampling error"
    yield "typical distance (RMSE)", told(agreement["rmse"])
    yield "same sign", percent(agreement["sign_agreement"])
