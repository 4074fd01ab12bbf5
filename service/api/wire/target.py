"""The target population on the wire: margins of covariates, or covariates of a sample of it."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from service.api.wire.columns import Finite, MixedColumn, Name, mixed
from service.calibration.errors import Problem, token
from service.calibration.layouts import target as core
from service.calibration.layouts.labels import Labels

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


def digested(target: core.Target | None) -> object:
    """What the plan's digest is made of: the same however the rows were sent."""
    if target is None:
        return None
    rows = {name: _listed(column) for name, column in target.covariates}
    return {"margins": target.margins, "covariates": rows}


def _listed(column: np.ndarray | Labels) -> list[object]:
    if isinstance(column, Labels):
        return [column.names[code] if code >= 0 else None for code in column.codes.tolist()]
    return list(column.tolist())
