"""Prediction columns: what they are for, whether they fit together, and repeated draws as one column.

Repeated draws of one prediction are averaged over the draws present; their intraclass correlation is
    ICC = (MSB - MSW) / (MSB + (K - 1) MSW)   one-way analysis of variance over units with all K draws.
Shapes: N units; values (N,), draws (K, N), NaN for a missing number.
Raises: ``duplicate_column``, ``unknown_arm``, ``arm_not_allowed``, ``unknown_outcome``, ``outcome_required``,
``draws_disagree``, ``unsupported_combination`` (a category without proportions), ``mixed_column`` and what ``values``
raises.
Source: Shrout & Fleiss (1979), Psychological Bulletin 86, ICC(1,1). Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.errors import Problem
from service.calibration.layouts.arrays import MODEL
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.rows import Rows
from service.calibration.layouts.stacked import screened
from service.calibration.layouts.values import value_problems
from service.calibration.moments import FloatArray
from service.calibration.sample import Column, PredictionDesign


@dataclass(frozen=True, slots=True)
class PredictionColumn:
    """One prediction column as sent; ``fill`` None is the mean of the column; ``category``: its probabilities.

    ``outcome`` None is the only outcome there is. Labels are answers of an LLM that chose a category. With a
    ``covariate`` it predicts that, and no outcome (see ``imputations``).
    """

    values: FloatArray | Labels
    model: str = MODEL
    arm: str | None = None
    draw: int | None = None
    fill: float | None = None
    population_mean: float | None = None
    outcome: str | None = None
    category: str | None = None
    covariate: str | None = None

    @property
    def group(self) -> tuple[str, str | None]:
        """Whose prediction it is, and under which condition."""
        return self.model, self.arm


Indexed = Mapping[int, PredictionColumn]
"""Columns by their place in the request."""


@dataclass(frozen=True, slots=True)
class Known:
    """What prediction columns may name: arms, outcomes, and whether they may hold categories."""

    arms: Sequence[str]
    outcomes: Collection[str]
    design: PredictionDesign | None
    categories: bool


def prediction_problems(columns: Sequence[PredictionColumn], known: Known) -> list[Problem]:
    """What is wrong with the columns, each at its place."""
    problems, seen = _disagreeing_draws(columns), set()
    wrong = screened([column.values for column in columns])
    for j, column in enumerate(columns):
        place = f"/data/predictions/{j}"
        if wrong[j] and not isinstance(column.values, Labels):
            problems += value_problems(column.values, f"{place}/values")
        key = (column.outcome, column.model, column.arm, column.category, column.covariate, column.draw or 0)
        if key in seen:
            text = "another column has the same outcome or covariate, model, arm, category and draw"
            problems.append(Problem(place, "duplicate_column", text, "number repeated answers with draw 0, 1, .."))
        seen.add(key)
        if column.covariate is not None:
            continue
        problems += [*_outcome_problems(column, place, known), *_arm_problems(column, place, known)]
        if not known.categories:
            problems += _no_categories(column, place)
    return problems


def _outcome_problems(column: PredictionColumn, place: str, known: Known) -> list[Problem]:
    if column.outcome is None and len(known.outcomes) > 1:
        text, hint = "with several outcomes every prediction says whose it is", "add outcome to every prediction column"
        return [Problem(place, "outcome_required", text, hint)]
    if column.outcome is not None and column.outcome not in known.outcomes:
        return [Problem(f"{place}/outcome", "unknown_outcome", "the data has no such outcome", "names match exactly")]
    return []


def _arm_problems(column: PredictionColumn, place: str, known: Known) -> list[Problem]:
    if column.arm is None:
        return []
    if column.arm not in known.arms:
        return [Problem(f"{place}/arm", "unknown_arm", "the data has no arm of this name", "names match exactly")]
    undecided = "shared" if len(known.arms) > 1 else "independent"  # a missing design is a problem of its own
    if (known.design or undecided) != "shared":
        text = "under independent predictions a row's prediction is for its own arm"
        return [Problem(f"{place}/arm", "arm_not_allowed", text, "leave out arm, or use shared predictions")]
    return []


def _no_categories(column: PredictionColumn, place: str) -> list[Problem]:
    found = []
    if column.category is not None:
        text = "probabilities of a category belong to estimand proportions"
        hint = 'supported: category with estimand {"type": "proportions"}; else leave it out'
        found.append(Problem(f"{place}/category", "unsupported_combination", text, hint))
    if isinstance(column.values, Labels):
        text = "names stand where numbers belong"
        found.append(Problem(f"{place}/values", "mixed_column", text, 'numbers, or estimand {"type": "proportions"}'))
    return found


def _disagreeing_draws(columns: Sequence[PredictionColumn]) -> list[Problem]:
    stated: dict[object, tuple[float | None, float | None]] = {}
    problems = []
    for j, column in enumerate(columns):
        said = (column.fill, column.population_mean)
        key = (column.outcome, column.model, column.arm, column.category, column.covariate)
        if stated.setdefault(key, said) != said:
            text, hint = "fill or population_mean differs from that of another draw", "state them alike on every draw"
            problems.append(Problem(f"/data/predictions/{j}", "draws_disagree", text, hint))
    return problems


def by_group(columns: Indexed) -> dict[tuple[str, str | None], dict[int, PredictionColumn]]:
    """The columns of each model under each condition, in order of first appearance."""
    groups: dict[tuple[str, str | None], dict[int, PredictionColumn]] = {}
    for j, sent in columns.items():
        groups.setdefault(sent.group, {})[j] = sent
    return groups


def described(columns: Indexed) -> Column:
    """Name, place and kind of the column that a group of sent columns becomes."""
    index, first = next(iter(columns.items()))
    name = first.model if first.arm is None else f"{first.model} under {first.arm}"
    return Column(name, "prediction", first.model, first.arm, pointer=f"/data/predictions/{index}/values")


def prediction_drafts(columns: Indexed, rows: Rows) -> list[DraftColumn]:
    """One column per model and condition, repeated draws averaged."""
    drafts = []
    for group in by_group(columns).values():
        first = next(iter(group.values()))
        draws = np.array([c.values for c in group.values()])
        plain = described(group)
        column = Column(
            plain.name,
            "prediction",
            plain.model,
            plain.arm,
            first.population_mean,
            icc=intraclass_correlation(draws) if len(group) > 1 else None,
            draws=len(group),
            pointer=plain.pointer,
        )
        drafts.append(rows.draft(column, mean_of_draws(draws), first.fill))
    return drafts


def mean_of_draws(draws: FloatArray) -> FloatArray:
    """Mean (N,) over the draws (K, N) that are present; NaN where none is."""
    if draws.shape[0] == 1:
        return np.asarray(draws[0])
    present = ~np.isnan(draws)
    count = present.sum(axis=0)
    total = np.where(present, draws, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def intraclass_correlation(draws: FloatArray) -> float | None:
    """ICC(1,1) of draws (K, N) over units with all K; None with fewer than 2 such units or no variation at all."""
    complete = draws[:, ~np.isnan(draws).any(axis=0)]
    k, n = complete.shape
    if n < 2:
        return None
    unit_means = complete.mean(axis=0)
    between = k * float(((unit_means - unit_means.mean()) ** 2).sum()) / (n - 1)
    within = float(((complete - unit_means) ** 2).sum()) / (n * (k - 1))
    total = between + (k - 1) * within
    return (between - within) / total if total > 0.0 else None
