"""``rectifier calibrate``: the document of POST /v1/calibrations."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from service.api.commands.columns import named_table
from service.api.commands.filled import filled
from service.api.commands.option_text import costs, given, json_object, word_or_object
from service.api.commands.requests.document import Document, document
from service.api.commands.source import Source
from service.api.routes.calibrations import PROMISED
from service.api.wire.calibration import CalibrationRequest

_WORDS = (
    "estimator",
    "identification",
    "control",
    "confidence_level",
    "interval",
    "alternative",
    "margin",
    "null_value",
    "multiplicity",
    "missing",
    "compare",
    "replicates",
    "seed",
)


def asked(chosen: Namespace, source: Source) -> Document:
    """The request of the options and the file."""
    request: dict[str, Any] = {"data": named_table(chosen, source.header)}
    if plan := _plan(chosen):
        request["plan"] = plan
    if models := json_object("--models", chosen.models):
        request["models"] = models
    return document(filled(CalibrationRequest, PROMISED, request, source), request)


def _plan(chosen: Namespace) -> dict[str, Any]:
    plan = json_object("--plan", chosen.plan) | given(**{name: getattr(chosen, name) for name in _WORDS})
    if chosen.estimand:
        plan["estimand"] = word_or_object("--estimand", chosen.estimand)
    if chosen.costs:
        plan["costs"] = costs("--costs", chosen.costs)
    return plan
