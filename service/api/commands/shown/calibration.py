"""The answer of ``rectifier calibrate`` in the terminal: what is calibrated beside what humans and LLMs say alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from service.api.commands.shown.buying import bought
from service.api.commands.shown.numbers import beside, between, count, leveled, p_value, percent, told
from service.api.commands.shown.parts import ending, facts, heading, plain_table, styled

Json = Mapping[str, Any]
_WIDTHS = (21, 8, 17, 5)
_ADJUSTED = 4


def shown(answer: Json) -> list[RenderableType]:
    """The parts of an answer, in the order they are read."""
    return list(_parts(answer))


def _parts(answer: Json) -> Iterator[RenderableType]:
    for one in answer["estimates"]:
        yield from _estimate(one, answer["applied"])
    yield Text(_how(answer["applied"]))
    if len(answer["arms"]) > 1:
        yield heading("Arms")
        yield _arms(answer["arms"])
    yield from _subgroups(answer["heterogeneity"])
    yield from _transport(answer["transport"])
    yield from _unanswered(answer["missing_answers"])
    if answer["design"] is not None:
        yield heading("The next study")
        yield from bought(answer["design"])
        yield Text(f"cost share {percent(answer['cost_share'])} of what humans alone cost for as much")
    yield from ending(answer)


def _estimate(one: Json, applied: Json) -> Iterator[RenderableType]:
    """Its name, verdict and claim above a table of what is calibrated beside humans alone, LLMs alone, the others."""
    yield Text.assemble((_name(one), "bold"), f" ({one['verdict']}, ", styled(one["claim"]), ")")
    adjusted = applied["multiplicity"] != "none"
    names = ("estimate", leveled(one["interval"]), "p", *(("p adjusted",) if adjusted else ()), "worth humans")
    table = plain_table("", *names, numbers=range(1, len(names) + 1))
    for column, width in zip(table.columns, _WIDTHS, strict=False):
        column.min_width = width
    for cells in _rows(one):
        table.add_row(*(cell for i, cell in enumerate(cells) if adjusted or i != _ADJUSTED))
    yield table
    yield Text("")


def _rows(one: Json) -> Iterator[Sequence[RenderableType]]:
    """Label, estimate, interval, p-value, adjusted p-value, worth."""
    adjusted = "" if one["p_value_adjusted"] is None else p_value(one["p_value_adjusted"])
    yield (Text("calibrated", "bold"), *_result(one), adjusted, told(one["effective_sample_size"]))
    yield ("human only", *_result(one["human_only"]), "", count(one["human_sample_size"]))
    if one["llm_only"] is not None:
        yield ("LLM only, exploratory", told(one["llm_only"]["estimate"]), "none is valid", "", "", "")
    for model in one["models"] if len(one["models"]) > 1 else ():
        if model["llm_only"] is not None:
            yield (f"  {model['name']}", told(model["llm_only"]["estimate"]), "", "", "", "")
    for other in one["alternatives"]:
        yield (f"by {other['estimator']}", *_result(other), "", told(other["effective_sample_size"]))


def _result(result: Json) -> tuple[str, str, str]:
    return beside(result["estimate"], result["interval"]), between(result["interval"]), p_value(result["p_value"])


def _name(one: Json) -> str:
    parts = (one["outcome"], one["subgroup"], one["name"], one["component"])
    return ": ".join(part for part in parts if part)


def _how(applied: Json) -> str:
    what = applied["statistic"] or applied["estimand"]["type"]
    how = f"{what} by {applied['estimator']}, interval {applied['interval']}, identified by {applied['identification']}"
    return f"{how}\n{applied['reason']}"


def _arms(arms: Sequence[Json]) -> Table:
    level = leveled(arms[0]["mean"]["interval"])
    table = plain_table("arm", "humans", "LLM-only", "calibrated mean", level, "R2", numbers=(1, 2, 3, 4, 5))
    for one in arms:
        mean = one["mean"]
        numbers = (beside(mean["estimate"], mean["interval"]), between(mean["interval"]), told(one["r_squared"]))
        table.add_row(_name(one), count(one["n_human"]), count(one["n_llm_only"]), *numbers)
    return table


def _subgroups(found: Sequence[Json]) -> Iterator[RenderableType]:
    if not found:
        return
    yield heading("Do subgroups differ?")
    table = plain_table("estimate", "subgroups", "p", "I2", numbers=(1, 2, 3))
    for one in found:
        table.add_row(
            _name({**one, "subgroup": None}), count(one["n_subgroups"]), p_value(one["p_value"]), told(one["i_squared"])
        )
    yield table


def _transport(found: Json | None) -> Iterator[RenderableType]:
    if found is None:
        return
    yield heading("Weighted for the target population")
    worst = {name: max(map(abs, found[name].values()), default=0.0) for name in ("smd_before", "smd_after")}
    yield facts([
        ("by", found["method"]),
        ("largest standardised difference", f"{told(worst['smd_before'])} before, {told(worst['smd_after'])} after"),
        ("humans after weighting are worth", told(found["kish_n"])),
        ("weights may be wrong by a factor of", told(found["tipping_gamma"])),
    ])  # fmt: skip


def _unanswered(found: Json | None) -> Iterator[RenderableType]:
    if found is None:
        return
    yield heading("Who did not answer")
    table = plain_table("arm", "asked", "answered", "rate", numbers=(1, 2, 3))
    for one in found["arms"]:
        table.add_row(
            _name({**one, "component": None}), count(one["asked"]), count(one["answered"]), percent(one["rate"])
        )
    yield table
