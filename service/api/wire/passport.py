"""The evidence passport: what somebody needs who meets an answer's number without the answer.

It is in every computed answer as ``passport`` and says which method of which build computed it, from which request, on
what assumptions and models, with what claim, and how a methods section would tell it. It holds nobody's answers.

How a path gives one: the request has ``models: StatedModels | None = None`` at its top, the answer ends with
``passport: Passport``; ``to_core`` calls ``models = of_request(request.models, names, problems)`` with the models that
the data names, keeps them in its job, and ``finish`` calls ``passport(Issued(path=.., method=.., report=.., models=..,
request_digest=job.body_digest, ..))``. What does not apply stays None.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from itertools import islice
from typing import Annotated

import msgspec

from service.api.wire.columns import Name
from service.calibration import answer as core
from service.calibration.errors import Problem, token

METHOD_VERSION = "2026.2"
SERVICE_VERSION = version("rectifier")
_TOLD = 10  # names listed in a hint
_DAY = "YYYY-MM-DD; a month alone: YYYY-MM"
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")]


class ModelFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a model; told back in the passport, and changes no number."""

    version: Annotated[
        Name | None, msgspec.Meta(description="The exact model, as its provider names it. Default: not stated.")
    ] = None
    knowledge_cutoff: Annotated[
        Day | None, msgspec.Meta(description="The last day, or month, that the model knows of. Default: not stated.")
    ] = None
    generated: Annotated[
        Day | None, msgspec.Meta(description="The day, or month, its answers were generated. Default: not stated.")
    ] = None


StatedModels = Annotated[
    dict[Name, ModelFacts],
    msgspec.Meta(description="Version and dates of models that the request names. Default: not stated."),
]


class Assumption(msgspec.Struct, frozen=True):
    """An assumption and how its test went."""

    name: str
    status: core.Status
    p_value: float | None
    statement: str


class PassportModel(msgspec.Struct, frozen=True):
    """A model whose answers the request has, with what was stated of it."""

    name: str
    version: str | None
    knowledge_cutoff: str | None
    generated: str | None


class Passport(msgspec.Struct, frozen=True):
    """Where a number comes from; ``plan_digest``, ``seed`` and ``claim`` are null where the path has none."""

    path: str
    method: str
    method_version: str
    service_version: str
    request_digest: str
    plan_digest: str | None
    seed: int | None
    claim: core.Claim | None
    assumptions: list[Assumption]
    models: list[PassportModel]
    report: str


@dataclass(frozen=True, slots=True)
class Issued:
    """What a path says of an answer; ``method`` in words of GET /v1/methods, ``models`` from ``of_request``."""

    path: str
    method: str
    request_digest: str
    report: str
    models: tuple[PassportModel, ...] = ()
    assumptions: Sequence[core.Assumption] = ()
    plan_digest: str | None = None
    seed: int | None = None
    claim: core.Claim | None = None


def passport(issued: Issued) -> Passport:
    """The passport of an answer."""
    return Passport(
        path=issued.path,
        method=issued.method,
        method_version=METHOD_VERSION,
        service_version=SERVICE_VERSION,
        request_digest=issued.request_digest,
        plan_digest=issued.plan_digest,
        seed=issued.seed,
        claim=issued.claim,
        assumptions=assumptions(issued.assumptions),
        models=list(issued.models),
        report=issued.report,
    )


def assumptions(found: Sequence[core.Assumption]) -> list[Assumption]:
    """The wire form of assumptions."""
    return [Assumption(a.name, a.status, a.p_value, a.statement) for a in found]


def digest_of(plan: object) -> str:
    """SHA-256 of a plan, a structure of plain values, whatever the order of its keys."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(plan, order="sorted")).hexdigest()


def of_request(
    stated: Mapping[str, ModelFacts] | None, names: Collection[str] | None, problems: list[Problem]
) -> tuple[PassportModel, ...]:
    """The models by name (None: the request names none, so those stated are they) with what was stated of each.

    Facts about a model that is not there, and days that the calendar does not have, are appended to ``problems``.
    """
    known = dict.fromkeys((stated or ()) if names is None else names)
    if not stated:
        return tuple(map(_unstated, known))
    for name, facts in stated.items():
        place = f"/models/{token(name)}"
        if name not in known:
            hint = (
                f"models of this request: {', '.join(islice(known, _TOLD))}" if known else "the request names no model"
            )
            problems.append(Problem(place, "unknown_model", "the request has no model of this name", hint))
        problems += [
            Problem(f"{place}/{field}", "invalid_date", "the calendar has no such day", _DAY)
            for field in ("knowledge_cutoff", "generated")
            if not _in_calendar(getattr(facts, field))
        ]
    of = {name: stated.get(name, ModelFacts()) for name in known}
    return tuple(PassportModel(n, f.version, f.knowledge_cutoff, f.generated) for n, f in of.items())


def _unstated(name: str) -> PassportModel:
    return PassportModel(name, None, None, None)


def _in_calendar(day: str | None) -> bool:
    try:
        return day is None or bool(date.fromisoformat(day if day.count("-") > 1 else f"{day}-01"))
    except ValueError:
        return False
