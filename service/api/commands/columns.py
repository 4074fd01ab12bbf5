"""From the column options to the ``data`` of a request, with a column's name where JSON has a column."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from service.api.commands.option_text import given, prediction
from service.api.commands.usage import UsageError

_SINGLE = ("arm", "weight", "cluster", "stratum", "subgroup", "unit", "human", "sampling_probability")
_LISTED = 40


def named_table(chosen: Namespace, header: Sequence[str]) -> dict[str, Any]:
    """The table object; ``UsageError`` with the file's columns when there is no outcome."""
    if not chosen.outcome:
        raise UsageError(f"say which column is what people answered: --outcome COLUMN\n{told(header)}")
    predictions = [prediction(text) for text in chosen.prediction]
    single = given(**{name: getattr(chosen, name) for name in _SINGLE})
    data = {"layout": "table", "outcomes": {name: name for name in chosen.outcome}, **single}
    if predictions:
        data["predictions"] = predictions
    if chosen.covariate:
        data["covariates"] = {name: name for name in chosen.covariate}
    if design := chosen.prediction_design or (_design(predictions) if chosen.arm else None):
        data["prediction_design"] = design
    return data


def told(header: Sequence[str]) -> str:
    """The columns of a file for people."""
    names = [name for name in header if name]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"columns of the file: {', '.join(names[:_LISTED])}{more}"


def _design(predictions: Sequence[dict[str, Any]]) -> str:
    return "shared" if any("arm" in p for p in predictions) else "independent"
