"""``rectifier screen``: the document of POST /v1/screenings from one row per hypothesis."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from service.api.commands.option_text import given, json_object, values
from service.api.commands.requests.document import Document, Rows, document
from service.api.commands.requests.row_entries import Entry, columns_of, effect, entries
from service.api.commands.source import Source

_REQUIRED, _OPTIONAL = ("name", "llm", "llm_se"), ("human", "human_se", "p_value")
_PAIRS: Mapping[str, tuple[str, ...]] = {
    "calibration": ("slope", "residual_sd", "intercept"),
    "weighting": ("method", "least_weight", "folds", "planned_standard_error"),
    "next": ("budget", "human_cost", "outcome_sd", "n_human_per_hypothesis"),
}
_EFFECTS = {
    "name": "name",
    "llm/estimate": "llm",
    "llm/standard_error": "llm_se",
    "human/estimate": "human",
    "human/standard_error": "human_se",
    "human/p_value": "p_value",
}


def asked(chosen: Namespace, source: Source) -> Document:
    """The request of the options and the file."""
    columns = columns_of(source, chosen.column, _REQUIRED, _OPTIONAL)
    rows = entries(source, columns)
    tree: dict[str, Any] = {"hypotheses": [_hypothesis(row) for row in rows]}
    tree |= given(multiplicity=chosen.multiplicity, error_rate=chosen.error_rate, seed=chosen.seed)
    for name, allowed in _PAIRS.items():
        if text := getattr(chosen, name):
            tree[name] = json_object(f"--{name}", text) if text[0] in "{@" else values(f"--{name}", text, allowed)
    if models := json_object("--models", chosen.models):
        tree["models"] = models
    placed = {field: columns[name] for field, name in _EFFECTS.items() if name in columns}
    return document(tree, rows=Rows("/hypotheses", tuple(range(1, len(rows) + 1)), placed))


def _hypothesis(row: Entry) -> dict[str, Any]:
    human = effect(row, "human") or {}
    if row.get("p_value") is not None:
        human = {**human, "p_value": row["p_value"]}
    return {"name": row["name"], "llm": effect(row, "llm"), "human": human or None}
