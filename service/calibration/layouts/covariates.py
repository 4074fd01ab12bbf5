"""Covariates of a table: checked, and as columns that adjust.

Shapes: every covariate (N,), NaN for a missing number and code -1 for a missing label.
Raises: ``missing_covariate``, ``not_finite``, ``numeric_overflow``.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import LISTED, Problem, token
from service.calibration.layouts.labels import Labels, present
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.rows import Rows
from service.calibration.layouts.terms import Covariates
from service.calibration.layouts.values import value_problems
from service.calibration.moments import FloatArray
from service.calibration.sample import Column

HINT = (
    "complete the column, leave it out, or, where only units with human false lack it, send what an LLM says of it for "
    "every unit (predictions[].covariate)"
)


def covariate_problems(name: str, values: FloatArray | Labels, needed: NDArray[np.bool_]) -> list[Problem]:
    """What makes a covariate (N,) unusable: entries that are ``needed`` (N,) and missing, or not finite."""
    place = f"/data/covariates/{token(name)}"
    found = [] if isinstance(values, Labels) else value_problems(values, place)
    return found + [
        Problem(f"{place}/{i}", "missing_covariate", "a covariate is missing", HINT)
        for i in np.flatnonzero(~present(values) & needed)[:LISTED]
    ]


def covariate_drafts(covariates: Covariates, rows: Rows, terms: Collection[str]) -> list[DraftColumn]:
    """The covariates as columns, names as indicators of their levels but the first, without a model's ``terms``."""
    drafts = []
    for name, values in covariates:
        if name in terms:
            continue
        place = f"/data/covariates/{token(name)}"
        if not isinstance(values, Labels):
            drafts.append(rows.draft(Column(name, "covariate", pointer=place), values))
            continue
        levels = sorted((label, code) for code, label in enumerate(values.names) if (values.codes == code).any())
        drafts += [
            rows.draft(
                Column(f"{name} (level {index})", "covariate", pointer=place),
                (values.codes == code).astype(np.float64),
            )
            for index, (_, code) in enumerate(levels[1:], 2)
        ]
    return drafts
