"""Predictions of categories: chosen categories or probability vectors, as one vector per unit.

Formula: an LLM that chose a category gives its indicator; repeated draws are averaged; of probability columns all
categories or all but one are needed, the one left out is 1 minus their sum. A vector with a missing part is missing.
Shapes: N units, K categories; probabilities (K, N), NaN where missing.
Raises: ``category_required``, ``mixed_column``, ``missing_category_column``, ``not_a_probability``,
``probabilities_do_not_sum``, ``unsupported_combination`` (a fill that is no vector, a known mean of chosen categories).
Source: the estimand ``proportions`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from service.calibration.errors import LISTED, Problem
from service.calibration.layouts.categories import Answers, codes, indicators, share_drafts
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import (
    Indexed,
    PredictionColumn,
    by_group,
    described,
    intraclass_correlation,
    mean_of_draws,
)
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.rows import Rows
from service.calibration.moments import FloatArray

TOLERANCE = 1e-6


def answers(columns: Indexed) -> list[Answers]:
    """The columns that hold chosen categories."""
    return [Answers(c.values, f"/data/predictions/{j}/values") for j, c in columns.items() if c.category is None]


def named(columns: Indexed) -> list[tuple[str, str]]:
    """The categories whose probabilities are given, each with its place."""
    return [(c.category, f"/data/predictions/{j}/category") for j, c in columns.items() if c.category is not None]


def probability_problems(columns: Indexed, names: Sequence[str]) -> list[Problem]:
    """What keeps the columns from being probability vectors over ``names``."""
    problems = [p for j, c in columns.items() for p in _column_problems(c, f"/data/predictions/{j}")]
    if problems:
        return problems
    for group in by_group(columns).values():
        problems += _group_problems(group, names)
    return problems


def _column_problems(column: PredictionColumn, place: str) -> list[Problem]:
    found = []
    if column.fill is not None:
        text, hint = "one number cannot fill a choice among categories", "supported: fill mean (the default)"
        found.append(Problem(f"{place}/fill", "unsupported_combination", text, hint))
    if column.category is None:
        if column.population_mean is not None:
            text, hint = "a chosen category has no mean", "supported: population_mean on columns with category"
            found.append(Problem(f"{place}/population_mean", "unsupported_combination", text, hint))
        return found
    if isinstance(column.values, Labels):
        text = "names stand where probabilities belong"
        return [*found, Problem(f"{place}/values", "mixed_column", text, "numbers in [0, 1], or leave out category")]
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero((column.values < -TOLERANCE) | (column.values > 1.0 + TOLERANCE))[:LISTED]
    text, hint = "a probability is outside [0, 1]", "send probabilities, not percentages or log-odds"
    return found + [Problem(f"{place}/values/{i}", "not_a_probability", text, hint) for i in wrong]


def _group_problems(group: Indexed, names: Sequence[str]) -> list[Problem]:
    given = {c.category for c in group.values()}
    first = next(iter(group))
    if given == {None}:
        return []
    if None in given:
        j = next(j for j, c in group.items() if c.category is None)
        text = "some columns of this model are probabilities, this one has no category"
        return [Problem(f"/data/predictions/{j}", "category_required", text, "add category, or send one column only")]
    if len(given) < len(names) - 1:
        text = f"probabilities of {len(given)} of {len(names)} categories"
        hint = "send one column per category of every model and arm; one category may be left out"
        return [Problem(f"/data/predictions/{first}", "missing_category_column", text, hint)]
    total = np.add.reduce(list(_by_category(group).values()), axis=0)
    with np.errstate(invalid="ignore"):
        wrong = total > 1.0 + TOLERANCE if len(given) < len(names) else np.abs(total - 1.0) > TOLERANCE
    text, hint = "the probabilities of this unit do not sum to 1", "send them to 7 digits; missing ones are null"
    return [
        Problem(f"/data/predictions/{first}/values/{i}", "probabilities_do_not_sum", text, hint)
        for i in np.flatnonzero(wrong)[:LISTED]
    ]


def probability_drafts(columns: Indexed, names: tuple[str, ...], rows: Rows) -> list[DraftColumn]:
    """K - 1 columns per model and condition (and a refusal column where answers are missing)."""
    drafts = []
    for group in by_group(columns).values():
        chosen = all(c.category is None for c in group.values())
        vectors, icc = _chosen(group, names) if chosen else (_stated(group, names), (None,) * len(names))
        means = _known_means(group, names)
        column = replace(described(group), draws=max(1, _n_draws(group)))
        human = [vectors[:, r] for r in rows.human]
        only = [vectors[:, r] if r.size else None for r in rows.llm_only]
        drafts += [
            replace(d, column=replace(d.column, icc=icc[k], population_mean=means.get(names[k])))
            for k, d in enumerate(share_drafts(column, names, human, only), 1)
        ]
    return drafts


def _n_draws(group: Indexed) -> int:
    return max(sum(c.category == name for c in group.values()) for name in {c.category for c in group.values()})


def _chosen(group: Indexed, names: tuple[str, ...]) -> tuple[FloatArray, tuple[float | None, ...]]:
    draws = np.array([indicators(codes(c.values, names), len(names)) for c in group.values()])
    vectors = np.array([mean_of_draws(draws[:, k]) for k in range(len(names))])
    several = len(draws) > 1
    return vectors, tuple(intraclass_correlation(draws[:, k]) if several else None for k in range(len(names)))


def _by_category(group: Indexed) -> Mapping[str, FloatArray]:
    draws: dict[str, list[FloatArray]] = {}
    for column in group.values():
        assert column.category is not None
        assert not isinstance(column.values, Labels)
        draws.setdefault(column.category, []).append(column.values)
    return {name: mean_of_draws(np.array(values)) for name, values in draws.items()}


def _stated(group: Indexed, names: tuple[str, ...]) -> FloatArray:
    stated = dict(_by_category(group))
    left_out = [name for name in names if name not in stated]
    if left_out:
        stated[left_out[0]] = 1.0 - np.add.reduce(list(stated.values()), axis=0)
    vectors = np.array([stated[name] for name in names])
    vectors[:, np.isnan(vectors).any(axis=0)] = np.nan
    return vectors


def _known_means(group: Indexed, names: tuple[str, ...]) -> Mapping[str, float]:
    """Known mean probabilities by category; where all but one are known, the last is 1 minus their sum."""
    known = {c.category: c.population_mean for c in group.values() if c.category and c.population_mean is not None}
    left_out = [name for name in names if name not in known]
    if known and len(left_out) == 1:
        known[left_out[0]] = 1.0 - sum(known.values())
    return known
