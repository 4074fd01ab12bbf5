"""Survey design columns: weight, cluster, stratum and sampling probability of every unit, checked and coded.

Shapes: N units; every column (N,), NaN for a missing number and code -1 for a missing label.
Cluster codes are global: one label has one code across arms and pools. Strata are numbered in the order of their names.
Raises: ``invalid_weight`` (missing, not positive, or nothing beside the largest), ``missing_cluster``,
``missing_stratum``, ``invalid_sampling_probability`` (missing for a human, outside (0, 1] or below 1e-70),
``not_finite``, ``numeric_overflow``, ``length_mismatch``.
Source: the layout ``table`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import LISTED, Problem
from service.calibration.layouts.labels import Labels, length, ordered
from service.calibration.layouts.values import LARGEST, value_problems
from service.calibration.moments import FloatArray, IntArray

SMALLEST_WEIGHT = 1e-9  # of the largest: such a unit stands for nobody
SMALLEST = 1.0 / LARGEST  # weights below it are scaled up, probabilities below it refused: their squares are 0
C = TypeVar("C", FloatArray, IntArray)
FIELDS = ("weight", "cluster", "stratum", "sampling_probability")


@dataclass(frozen=True, slots=True)
class Survey:
    """The survey design columns as sent, each (N,); None: not sent."""

    weight: FloatArray | None = None
    cluster: FloatArray | Labels | None = None
    stratum: FloatArray | Labels | None = None
    sampling_probability: FloatArray | None = None

    def lengths(self) -> list[tuple[str, int]]:
        """Place and number of entries of every column that was sent."""
        columns = [(name, getattr(self, name)) for name in FIELDS]
        return [(f"/data/{name}", length(column)) for name, column in columns if column is not None]


NO_SURVEY = Survey()


@dataclass(frozen=True, slots=True)
class SurveyRows:
    """The survey design of some units, each (n,); None: not known."""

    weight: FloatArray | None = None
    cluster: IntArray | None = None
    stratum: IntArray | None = None
    sampling_probability: FloatArray | None = None

    def of(self, rows: IntArray, *, human: bool) -> SurveyRows:
        """The same of some of the units; only a human was sampled with a known probability."""
        return SurveyRows(
            _picked(self.weight, rows),
            _picked(self.cluster, rows),
            _picked(self.stratum, rows),
            _picked(self.sampling_probability, rows) if human else None,
        )


def _picked(column: C | None, rows: IntArray) -> C | None:
    return None if column is None else column[rows]


def coded(survey: Survey) -> tuple[SurveyRows, tuple[str, ...]]:
    """Every unit's survey design, and the names of the strata."""
    cluster = None if survey.cluster is None else ordered(survey.cluster)
    stratum = None if survey.stratum is None else ordered(survey.stratum)
    rows = SurveyRows(
        None if survey.weight is None else _within_reach(survey.weight),
        None if cluster is None else cluster.codes,
        None if stratum is None else stratum.codes,
        survey.sampling_probability,
    )
    return rows, () if stratum is None else stratum.names


def _within_reach(weight: FloatArray) -> FloatArray:
    """Weights (N,) of which only ratios count, times a power of two where their squares would be lost."""
    largest = float(np.nanmax(weight, initial=0.0))
    return weight if largest >= SMALLEST else np.ldexp(weight, -np.frexp(largest)[1])


def problems(survey: Survey, human: NDArray[np.bool_], used: NDArray[np.bool_]) -> list[Problem]:
    """What is wrong with the columns for the units in use (N,); ``human`` (N,) marks those that must be sampled."""
    found = _weight_problems(survey.weight, used)
    for name, column in (("cluster", survey.cluster), ("stratum", survey.stratum)):
        if column is None:
            continue
        absent = column.codes < 0 if isinstance(column, Labels) else np.isnan(column)
        found += [] if isinstance(column, Labels) else value_problems(column, f"/data/{name}")
        text, hint = f"a unit has no {name}", "every unit needs one; a unit alone in its own is a label of its own"
        found += _at(name, f"missing_{name}", np.flatnonzero(absent & used), text, hint)
    if survey.sampling_probability is not None:
        chance = survey.sampling_probability
        with np.errstate(invalid="ignore"):
            wrong = ~((chance >= SMALLEST) & (chance <= 1.0)) & (human | ~np.isnan(chance))
        text = "the probability that a unit was asked is missing for a human, outside (0, 1], or next to nothing"
        hint = "send the known probability of every human; other units may have null"
        found += _at("sampling_probability", "invalid_sampling_probability", np.flatnonzero(wrong & used), text, hint)
    return found


def _weight_problems(weight: FloatArray | None, used: NDArray[np.bool_]) -> list[Problem]:
    if weight is None:
        return []
    found = value_problems(weight, "/data/weight")
    if found or not used.any():
        return found
    with np.errstate(invalid="ignore"):
        least = SMALLEST_WEIGHT * np.nanmax(np.where(used, weight, -np.inf), initial=0.0)
        wrong = ~((weight > 0.0) & (weight >= least)) & used
    text = f"a weight is missing, not positive, or below {SMALLEST_WEIGHT:g} of the largest"
    hint = "every unit needs a positive weight; leave out units that stand for nobody"
    return _at("weight", "invalid_weight", np.flatnonzero(wrong), text, hint)


def _at(name: str, code: str, places: Sequence[int] | IntArray, text: str, hint: str) -> list[Problem]:
    return [Problem(f"/data/{name}/{i}", code, text, hint) for i in places[:LISTED]]
