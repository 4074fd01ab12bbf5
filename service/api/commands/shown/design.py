"""The answer of ``rectifier design`` in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from service.api.commands.shown.buying import bought, groups
from service.api.commands.shown.numbers import between, count, percent, told
from service.api.commands.shown.parts import ending, facts, heading, plain_table

Json = Mapping[str, Any]
_FRONTIER = 12


def shown(answer: Json) -> list[RenderableType]:
    """The parts of an answer, in the order they are read."""
    return list(_parts(answer))


def _parts(answer: Json) -> Iterator[RenderableType]:
    if answer["design"] is not None:
        yield from _one(answer)
    if answer["questions"] is not None:
        yield from _questions(answer["questions"])
    if answer["sampling"] is not None:
        yield from _sampling(answer["sampling"])
    if answer["frontier"]:
        yield heading("Other budgets")
        yield _frontier(answer["frontier"])
    yield from ending(answer)


def _one(answer: Json) -> Iterator[RenderableType]:
    yield from bought(answer["design"])
    yield Text(_pays(answer))
    if answer["design"]["models"]:
        yield heading("What each model is worth")
        yield _models(answer["design"]["models"])
    if answer["bands"] is not None:
        yield heading(f"What the pilot leaves open ({percent(answer['bands']['level'])})")
        yield _bands(answer["bands"])
    if answer["robust"] is not None:
        yield heading("The design that is least wrong over the pilot's band")
        yield groups(answer["robust"]["groups"])
    if answer["top_up"] is not None:
        yield heading("What to buy next, the pilot's units kept")
        yield from _top_up(answer["top_up"])
    if answer["simulation"] is not None:
        yield heading(f"The planned study, drawn {answer['simulation']['replicates']:,} times")
        yield _simulation(answer["simulation"])


def _pays(answer: Json) -> str:
    alone = answer["human_only"]
    humans = "" if alone["n_human"] is None else f"humans alone: {count(alone['n_human'])} for {told(alone['cost'])}"
    error = "" if alone["standard_error"] is None else f", standard error {told(alone['standard_error'])}"
    share = percent(answer["cost_share"]) if answer["cost_share"] is not None else "-"
    word = "LLM answers pay" if answer["llm_pays"] else "LLM answers do not pay"
    return f"{humans}{error}\n{word}: this design costs {share} of what humans alone cost for the same standard error"


def _models(models: Sequence[Json]) -> Table:
    table = plain_table("model", "answers", "cost", "variance without it", "worth buying up to", numbers=(1, 2, 3, 4))
    for one in models:
        more = f"+{percent(one['marginal_value'])}"
        table.add_row(one["name"], count(one["n"]), told(one["cost"]), more, told(one["break_even_price"]))
    return table


def _bands(bands: Json) -> Table:
    names = (("standard error", "standard_error"), ("humans", "n_human"), ("LLM-only units", "n_llm_only"))
    rows = [(label, between({"lower": bands[name][0], "upper": bands[name][1]})) for label, name in names]
    return facts([*rows, ("cost share", f"{percent(bands['cost_share'][0])} to {percent(bands['cost_share'][1])}")])


def _top_up(found: Json) -> Iterator[RenderableType]:
    yield groups(found["groups"])
    yield Text(
        f"for {told(found['cost'])}: standard error {told(found['standard_error_before'])} -> "
        f"{told(found['standard_error'])} (more of the pilot's mix: {told(found['standard_error_proportional'])})"
    )


def _simulation(found: Json) -> Table:
    table = plain_table("contrast", "coverage", "+-", "power", "+-", "promised", numbers=(1, 2, 3, 4, 5))
    for one in found["contrasts"]:
        names = ("coverage", "coverage_error", "power", "power_error", "analytic_power")
        table.add_row(one["name"], *(told(one[name]) for name in names))
    return table


def _questions(found: Json) -> Iterator[RenderableType]:
    table = plain_table("question", "humans", "LLM-only", "cost", "standard error", "power", numbers=(1, 2, 3, 4, 5))
    for one in found["questions"]:
        sizes = (count(one["n_human"]), count(one["n_llm_only"]), told(one["cost"]))
        table.add_row(one["name"], *sizes, told(one["standard_error"]), told(one["power"]))
    yield table
    yield Text(f"cost {told(found['cost'])}, {count(found['n_human'])} humans, sample {found['sample']}")


def _sampling(found: Json) -> Iterator[RenderableType]:
    expected = f"{told(found['n_expected'])} of {count(found['n_frame'])} units (sd {told(found['n_sd'])})"
    yield facts([
        ("humans expected", expected),
        ("smallest probability", told(found["smallest_probability"])),
        ("uniform sampling needs", f"{told(found['n_uniform'])} humans for as much"),
        ("cost", told(found["cost"])),
    ])  # fmt: skip
    yield Text("The probability of every unit stands in --json: sampling.probabilities, in the order of the rows.")


def _frontier(points: Sequence[Json]) -> Table:
    step = max(1, -(-len(points) // _FRONTIER))
    table = plain_table("cost", "humans", "LLM-only", "standard error", numbers=(0, 1, 2, 3))
    for one in points[::step]:
        sizes = (count(one["n_human"]), count(one["n_llm_only"]))
        table.add_row(told(one["cost"]), *sizes, told(one["standard_error"]))
    return table
