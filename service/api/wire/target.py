"""The target population on the wire: margins of covariates, or covariates of a sample of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated

import msgspec

from service.api.wire.columns import Finite, MixedColumn, Name, entries, mixed
from service.calibration.errors import Problem, token
from service.calibration.layouts import target as core
from service.calibration.layouts.labels import Labels, ordered
from service.calibration.moments import FloatArray

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The population that estimates are for, by covariates of a table: exactly one of margins and covariates."""

    margins: Annotated[
        dict[Name, Finite | dict[Name, Share]] | None,
        msgspec.Meta(
            description="The mean of a covariate of numbers, or the shares of all categories, summing to 1. "
            "Default: none."
        ),
    ] = None
    covariates: Annotated[
        dict[Name, MixedColumn] | None,
        msgspec.Meta(description="Columns of a random sample of the target population, a row each. Default: none."),
    ] = None


def to_core(target: Target | None, problems: list[Problem], place: str) -> core.Target | None:
    """The core's target; what is wrong with its form is appended to ``problems``."""
    if target is None:
        return None
    if (target.margins is None) == (target.covariates is None):
        text, hint = "a target is either margins or covariates", "send exactly one of the two"
        problems.append(Problem(place, "target_form", text, hint))
        return None
    return core.Target(
        margins=target.margins,
        covariates=tuple(
            (name, mixed(column, f"{place}/covariates/{token(name)}", problems))
            for name, column in (target.covariates or {}).items()
        ),
    )


def numbers(target: Target | None) -> int:
    """How many entries the rows of a target have."""
    return 0 if target is None else sum(map(entries, (target.covariates or {}).values()))


def digested(target: core.Target | None) -> object:
    """What the plan's digest is made of: the same however the rows were sent."""
    if target is None:
        return None
    return {"margins": target.margins, "covariates": {name: _digested(c) for name, c in target.covariates}}


def _digested(column: FloatArray | Labels) -> Mapping[str, object]:
    """The names of a column in order, and a digest of its codes or numbers."""
    if not isinstance(column, Labels):
        return {"numbers": hashlib.sha256(column.tobytes()).hexdigest()}
    known = ordered(column)
    return {"names": known.names, "codes": hashlib.sha256(known.codes.tobytes()).hexdigest()}
