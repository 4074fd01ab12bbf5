"""The target population: margins or rows of covariates as a plan states them, and what they say of a table's units.

Formula: a mean of numbers is one row of x, x = value - mean; shares of L levels are L - 1, x = 1{level} - share, shares
divided by their sum. Of target rows the means and shares are taken, and their deviations kept: they are a sample.
Shapes: N units, k rows of x, m target rows. Units: the covariates'.
Raises: nothing; problems are ``unknown_covariate``, ``margin_kind``, ``margin_sum``, ``category_not_in_sample``,
``category_without_share``, ``missing_covariate``, ``length_mismatch``, ``empty_target``, ``too_few_target_rows``.
Source: the field ``target`` of a plan in openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from service.calibration.errors import LISTED, Problem, token
from service.calibration.layouts.labels import Labels, length, ordered, present
from service.calibration.layouts.terms import Covariates
from service.calibration.layouts.values import value_problems
from service.calibration.margins import Margin, Margins
from service.calibration.moments import FloatArray
from service.calibration.plan import Model

PLACE = "/plan/target"
SUM = 1e-6  # how far stated shares may be from summing to 1
FEWEST_ROWS = 2

Stated = float | Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Target:
    """What a plan states: margins by covariate (a mean, or shares by level), or covariates of a target sample."""

    margins: Mapping[str, Stated] | None = None
    covariates: Covariates = ()

    @property
    def names(self) -> frozenset[str]:
        """The covariates that have a margin."""
        return frozenset(self.margins if self.margins is not None else dict(self.covariates))


def target_problems(covariates: Covariates, target: Target | None, model: Model | None = None) -> list[Problem]:
    """What keeps a target from being compared with the covariates of a table."""
    if target is None:
        return []
    if model is not None:
        text, hint = (
            "a model's coefficients are not transported to a target population",
            "supported: target with mean, mean_difference or proportions",
        )
        return [Problem(PLACE, "unsupported_combination", text, hint)]
    sent = dict(covariates)
    if not target.names:
        hint = 'for example {"margins": {"sex": {"f": 0.51, "m": 0.49}, "age": 47.2}}'
        return [Problem(PLACE, "empty_target", "the target names no covariate", hint)]
    found = [
        Problem(pointer, "unknown_covariate", "the data has no covariate of this name", "names match exactly")
        for name, pointer in _places(target)
        if name not in sent
    ]
    found += [
        Problem(f"/data/covariates/{token(name)}/{i}", "missing_covariate", text, hint)
        for name in sent
        if name in target.names
        for text, hint in [("a covariate of the target is missing", "complete it for every unit, or leave it out")]
        for i in np.flatnonzero(~present(sent[name]))[:LISTED]
    ]
    if target.margins is not None:
        found += [
            p for name, stated in target.margins.items() if name in sent for p in _margin(name, stated, sent[name])
        ]
    else:
        found += list(_rows(target.covariates, sent))
    return found


def _places(target: Target) -> Iterator[tuple[str, str]]:
    if target.margins is not None:
        return ((name, f"{PLACE}/margins/{token(name)}") for name in target.margins)
    return ((name, f"{PLACE}/covariates/{token(name)}") for name, _ in target.covariates)


def _margin(name: str, stated: Stated, column: FloatArray | Labels) -> list[Problem]:
    """What is wrong with one stated margin."""
    place = f"{PLACE}/margins/{token(name)}"
    if not isinstance(stated, Mapping):
        text, hint = "a mean is stated of a covariate of names", "state the share of every category, summing to 1"
        return [Problem(place, "margin_kind", text, hint)] if isinstance(column, Labels) else []
    found = []
    if abs(sum(stated.values()) - 1.0) > SUM:
        text = f"the shares of this margin sum to {sum(stated.values()):.6g}, not to 1"
        found.append(Problem(place, "margin_sum", text, "send the shares of the target population, to 7 digits"))
    return found + _levels(place, frozenset(k for k, share in stated.items() if share > 0.0), stated, column)


def _levels(
    place: str, shared: frozenset[str], named: Mapping[str, float], column: FloatArray | Labels
) -> list[Problem]:
    """Categories of the target that no unit has, and units of a category without a share."""
    there = frozenset(ordered(column).names)
    text, hint = (
        "no unit has this category, so no weight can give it its share",
        "join categories, or collect such units",
    )
    found = [
        Problem(f"{place}/{token(level)}", "category_not_in_sample", text, hint)
        for level in islice((level for level in named if level in shared and level not in there), LISTED)
    ]
    if there - shared:
        text = "units have a category to which the target gives no share, so their weight would be 0"
        hint = "give every category of the data a share above 0, or leave such units out"
        found.append(Problem(place, "category_without_share", text, hint))
    return found


def _rows(covariates: Covariates, sent: Mapping[str, FloatArray | Labels]) -> Iterator[Problem]:
    """What is wrong with the columns of a target sample."""
    size = length(covariates[0][1])
    for name, column in covariates:
        place = f"{PLACE}/covariates/{token(name)}"
        if length(column) != size:
            text = f"{length(column)} entries, the first covariate of the target has {size}"
            yield Problem(place, "length_mismatch", text, "every column has one entry per row")
        if length(column) < FEWEST_ROWS:
            text = f"{length(column)} rows are no sample of a population"
            yield Problem(place, "too_few_target_rows", text, "send at least 2 rows, or state margins")
        for i in np.flatnonzero(~present(column))[:LISTED]:
            yield Problem(f"{place}/{i}", "missing_covariate", "a covariate is missing", "leave such rows out")
        if isinstance(column, np.ndarray):
            yield from value_problems(column, place)
        if name not in sent:
            continue
        if isinstance(column, Labels) != isinstance(sent[name], Labels):
            text = "the covariate is of names here and of numbers in the data, or the other way round"
            yield Problem(place, "margin_kind", text, "send it the same way in both")
        elif isinstance(column, Labels):
            levels = ordered(column).names
            yield from _levels(place, frozenset(levels), dict.fromkeys(levels, 0.0), sent[name])


def margins_of(covariates: Covariates, target: Target) -> tuple[Margins, FloatArray]:
    """The margins, and the deviations from them of all units (k, N); names and levels are checked."""
    sent, drawn = dict(covariates), dict(target.covariates)
    margins, values, x, rows = [], [], [], []
    for name, place in _places(target):
        stated = _mean(drawn[name]) if target.margins is None else target.margins[name]
        levels, value = _read(stated)
        margins.append(Margin(name, levels, place))
        values.append(value)
        x.append(_deviations(sent[name], levels, value))
        if target.margins is None:
            rows.append(_deviations(drawn[name], levels, value))
    sample = np.concatenate(rows) if rows else None
    return Margins(tuple(margins), np.concatenate(values), sample), np.concatenate(x)


def _mean(column: FloatArray | Labels) -> Stated:
    if not isinstance(column, Labels):
        return float(column.mean())
    there = ordered(column)
    counts = np.bincount(there.codes, minlength=len(there.names))
    return dict(zip(there.names, (counts / counts.sum()).tolist(), strict=True))


def _read(stated: Stated) -> tuple[tuple[str, ...], FloatArray]:
    """The levels of a margin in order, and its values: a mean (1,), or the shares of all levels but the first."""
    if not isinstance(stated, Mapping):
        return (), np.array([stated], dtype=np.float64)
    levels = tuple(sorted(level for level, share in stated.items() if share > 0.0))
    found = np.array([stated[level] for level in levels])
    return levels, found[1:] / found.sum()


def _deviations(column: FloatArray | Labels, levels: tuple[str, ...], value: FloatArray) -> FloatArray:
    if not levels:
        assert not isinstance(column, Labels)
        return np.asarray(column[None] - value[0])
    there = ordered(column)
    place = {name: i for i, name in enumerate(levels)}
    own = np.array([place[name] for name in there.names])[there.codes]
    return np.asarray(np.equal(own, np.arange(1, len(levels))[:, None]) - value[:, None])
