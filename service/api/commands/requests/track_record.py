"""``rectifier track-record``: the document of POST /v1/track-records from one row per past effect."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from service.api.commands.option_text import given, json_object, number
from service.api.commands.requests.document import Document, Rows, document
from service.api.commands.requests.row_entries import Entry, columns_of, effect, entries
from service.api.commands.source import Source
from service.api.commands.usage import UsageError

_REQUIRED = ("name", "human", "human_se", "llm", "llm_se")
_EFFECTS = {
    "human/estimate": "human",
    "human/standard_error": "human_se",
    "llm/estimate": "llm",
    "llm/standard_error": "llm_se",
    "name": "name",
}


def asked(chosen: Namespace, source: Source) -> Document:
    """The request of the options and the file."""
    columns = columns_of(source, chosen.column, _REQUIRED, ())
    rows = list(enumerate(entries(source, columns), start=1))
    past = [(i, row) for i, row in rows if effect(row, "human") is not None]
    new = _new(chosen.new, [row for _, row in rows if effect(row, "human") is None])
    tree: dict[str, Any] = {"studies": [_study(row) for _, row in past], "new": new}
    tree |= given(confidence_level=chosen.confidence_level)
    if chosen.error_split:
        tree["error_split"] = [number("--error-split", part) for part in chosen.error_split.split(",")]
    if models := json_object("--models", chosen.models):
        tree["models"] = models
    return document(tree, rows=Rows("/studies", tuple(i for i, _ in past), _placed(columns)))


def _placed(columns: Mapping[str, str]) -> dict[str, str]:
    return {field: columns[name] for field, name in _EFFECTS.items()}


def _study(row: Entry) -> dict[str, Any]:
    return {"name": row["name"], "human": effect(row, "human"), "llm": effect(row, "llm")}


def _new(said: str | None, without: Sequence[Entry]) -> dict[str, Any]:
    """The new study: what ``--new`` says, or the row that has no human effect."""
    if said is not None and said.startswith("{"):
        return json_object("--new", said)
    if said is not None and "=" in said:
        name, _, numbers = said.rpartition("=")
        parts = [number("--new", part) for part in numbers.split(",")]
        if len(parts) != 2:
            raise UsageError(f'--new {said!r}: write NAME=EFFECT,SE, such as "message B=0.25,0.01"')
        return {"name": name, "llm": {"estimate": parts[0], "standard_error": parts[1]}}
    fitting = [row for row in without if said is None or row["name"] == said]
    if len(fitting) != 1:
        raise UsageError(_unclear(said, [str(row["name"]) for row in without]))
    return {"name": fitting[0]["name"], "llm": effect(fitting[0], "llm")}


def _unclear(said: str | None, names: Sequence[str]) -> str:
    text = "say which LLM-only effect is new: --new NAME=EFFECT,SE"
    if said is not None:
        text = f"--new {said!r} is neither NAME=EFFECT,SE nor the name of one row without a human effect"
    if not names:
        return f"{text}, or add its row with human and human_se empty"
    return f"{text}, or --new NAME of a row without a human effect: {', '.join(names[:20])}"
