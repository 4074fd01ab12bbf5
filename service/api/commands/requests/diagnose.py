"""``rectifier diagnose``: the document of POST /v1/diagnostics."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from service.api.commands.columns import named_table
from service.api.commands.filled import filled
from service.api.commands.option_text import given, json_object, numbers_by_name, pairs
from service.api.commands.requests.document import Document, document
from service.api.commands.source import Source
from service.api.routes.calibrations import PROMISED
from service.api.wire.diagnostics import DiagnosticsRequest


def asked(chosen: Namespace, source: Source) -> Document:
    """The request of the options and the file."""
    request: dict[str, Any] = {"data": named_table(chosen, source.header)}
    if chosen.check:
        request["checks"] = chosen.check
    if settings := _settings(chosen):
        request["settings"] = settings
    if models := json_object("--models", chosen.models):
        request["models"] = models
    return document(filled(DiagnosticsRequest, PROMISED, request, source), request)


def _settings(chosen: Namespace) -> dict[str, Any]:
    names = ("margin", "fieldwork_start", "min_cell", "confidence_level", "seed")
    settings = json_object("--settings", chosen.settings) | given(**{name: getattr(chosen, name) for name in names})
    if chosen.test_retest:
        settings["test_retest"] = numbers_by_name("--test-retest", chosen.test_retest)
    if chosen.model_cutoff:
        settings["model_cutoffs"] = pairs("--model-cutoff", ",".join(chosen.model_cutoff))
    if chosen.negative_control:
        settings["negative_controls"] = chosen.negative_control
    return settings
