"""``rectifier design``: the document of POST /v1/designs, from a pilot in a file or from assumed quantities."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from service.api.commands.columns import named_table
from service.api.commands.filled import filled
from service.api.commands.option_text import costs, given, json_object, numbers_by_name, said
from service.api.commands.requests.document import Document, document
from service.api.commands.source import Source
from service.api.commands.usage import UsageError
from service.api.routes.calibrations import PROMISED
from service.api.wire.design_basis import PilotBasis

_TARGETS = ("standard_error", "interval_width", "effective_sample_size")
_LIMITS = ("min_human_per_arm", "max_human", "max_llm_only")
_OF_A_PILOT = (
    "outcome",
    "prediction",
    "arm",
    "covariate",
    "weight",
    "cluster",
    "stratum",
    "subgroup",
    "unit",
    "human",
    "sampling_probability",
    "na",
    "plan",
)
_ASSUMED = ("ppi_correlation", "model_correlation", "arm_correlation", "outcome_sd", "arms")
_WORDS = ("effect", "power", "identification", "confidence_level", "simulate", "replicates", "seed")


def asked(chosen: Namespace, source: Source | None) -> Document:
    """The request of the options and, with one, the file."""
    if source is None:
        _refuse(chosen, _OF_A_PILOT, "for a pilot: name its FILE")
    else:
        _refuse(chosen, _ASSUMED, "for designs without a file: a pilot has its own")
    prices, money = _prices(chosen)
    request: dict[str, Any] = {"costs": prices, "objective": _objective(chosen, money)}
    request |= given(**{name: getattr(chosen, name) for name in _WORDS})
    if limits := given(**{name: getattr(chosen, name) for name in _LIMITS}):
        request["constraints"] = dict(limits)
    if models := json_object("--models", chosen.models):
        request["models"] = models
    if source is None:
        return document(_assumed(chosen) | request)
    named = _pilot(chosen, source)
    return document({"basis": filled(PilotBasis, PROMISED, named, source)} | request, {"basis": named})


def _prices(chosen: Namespace) -> tuple[dict[str, Any], float | None]:
    if not chosen.costs:
        raise UsageError("say what things cost: --costs human=5,llm=0.02 (one human, one LLM answer)")
    prices = costs("--costs", chosen.costs)
    return prices, prices.pop("budget", None)


def _objective(chosen: Namespace, money: float | None) -> dict[str, Any]:
    wanted = _said(chosen, ("budget", *_TARGETS, "equivalence", "detect"))
    if wanted and money is not None:
        raise UsageError(f"say what is wanted once: {wanted} or the budget in --costs")
    if chosen.budget is not None:
        return {"kind": "budget", "budget": chosen.budget}
    for name in _TARGETS:
        if (wanted := getattr(chosen, name)) is not None:
            return {"kind": name, name: wanted}
    if chosen.equivalence is not None:
        return {"kind": "equivalence", "margin": chosen.equivalence}
    if chosen.detect:
        return {"kind": "power"}
    if money is None:
        raise UsageError("say what is wanted: --budget MONEY, --standard-error SE, --detect with --effect, ...")
    return {"kind": "budget", "budget": money}


def _assumed(chosen: Namespace) -> dict[str, Any]:
    if chosen.ppi_correlation is None:
        text = "a design rests on a pilot (rectifier design FILE --outcome ...) or on assumed quantities"
        raise UsageError(f"{text} (--ppi-correlation 0.5)")
    names = ("model_correlation", "arm_correlation", "outcome_sd")
    basis = {"kind": "assumed", "ppi_correlation": numbers_by_name("--ppi-correlation", chosen.ppi_correlation)}
    found: dict[str, Any] = {"basis": basis | given(**{name: getattr(chosen, name) for name in names})}
    if chosen.arms:
        found["arms"] = [name.strip() for name in chosen.arms.split(",")]
    return found | given(prediction_design=chosen.prediction_design)


def _pilot(chosen: Namespace, source: Source) -> dict[str, Any]:
    named: dict[str, Any] = {"kind": "pilot", "data": named_table(chosen, source.header)}
    if plan := json_object("--plan", chosen.plan):
        named["plan"] = plan
    return named


def _refuse(chosen: Namespace, names: Sequence[str], what: str) -> None:
    """``UsageError`` where options were given that would be passed over."""
    if extra := _said(chosen, names):
        raise UsageError(f"{extra}: {what}")


def _said(chosen: Namespace, names: Sequence[str]) -> str:
    return ", ".join(said({name: getattr(chosen, name) for name in names}))
