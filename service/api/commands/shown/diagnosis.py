"""The answer of ``rectifier diagnose`` in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service.api.commands.shown.numbers import beside, between, leveled, p_value, told
from service.api.commands.shown.parts import ending, heading, plain_table, styled
from service.api.render.severity import SEVERITY

Json = Mapping[str, Any]
_MEASURED = ("fail", "warn")


def shown(answer: Json) -> list[RenderableType]:
    """The parts of an answer, in the order they are read."""
    return list(_parts(answer))


def _parts(answer: Json) -> Iterator[RenderableType]:
    yield Text.assemble(styled(answer["summary"]), f": {answer['reason']}")
    for status in reversed(SEVERITY):
        yield from _checks([one for one in answer["checks"] if one["status"] == status])
    if answer["models"]:
        yield heading("Models, best first (cross-fitted; variance ratio: what is left of the humans' variance)")
        yield _models(answer["models"])
    yield from ending(answer)


def _checks(found: Sequence[Json]) -> Iterator[RenderableType]:
    """Checks of one status, with measures where they warn or fail; what is said of several places is said once."""
    together: dict[tuple[str, ...], list[Json]] = {}
    for index, one in enumerate(found):
        own = str(index) if one["status"] in _MEASURED else ""
        together.setdefault((one["name"], one["statement"], one["action"], own), []).append(one)
    for alike in together.values():
        yield from _check(alike[0], "; ".join(filter(None, map(_about, alike))))


def _about(one: Json) -> str:
    return ", ".join(one[name] for name in ("outcome", "model", "arm", "subgroup") if one[name])


def _check(one: Json, about: str) -> Iterator[RenderableType]:
    yield Text.assemble("\n", styled(one["status"]), (f" {one['name']}", "bold"), f" ({about})" if about else "")
    yield Padding(Text(one["statement"]), (0, 0, 0, 2))
    for measure in one["measures"] if one["status"] in _MEASURED else ():
        yield Padding(Text(_measured(measure), "dim"), (0, 0, 0, 4))
    if one["action"] and one["status"] != "pass":
        yield Padding(Text(f"-> {one['action']}"), (0, 0, 0, 2))


def _measured(measure: Json) -> str:
    parts = [f"{measure['name']} {beside(measure['value'], measure['interval'])}"]
    parts += [f"{leveled(measure['interval'])} {between(measure['interval'])}"] if measure["interval"] else []
    parts += [f"p {p_value(measure['p_value'])}"] if measure["p_value"] is not None else []
    return ", ".join(parts)


def _models(models: Sequence[Json]) -> Table:
    level = leveled(models[0]["interval"])
    names = ("outcome", "rank", "model", "variance ratio", level, "p against the next", "fidelity")
    table = plain_table(*names, numbers=(1, 3, 4, 5, 6))
    for one in models:
        numbers = (told(one["variance_ratio"]), between(one["interval"]), p_value(one["p_value"]))
        fidelity = one["fidelity"] and one["fidelity"]["cross_fitted_correlation"]
        table.add_row(one["outcome"], str(one["rank"]), one["model"], *numbers, told(fidelity))
    return table
