"""The ``table`` layout: columnar, one entry per unit in every column; several LLMs, twins, covariates.

Shapes: N units; every column (N,), NaN for a missing number and code -1 for a missing label.
Repeated draws of one prediction are averaged over the draws present; their intraclass correlation is
    ICC = (MSB - MSW) / (MSB + (K - 1) MSW)   one-way analysis of variance over units with all K draws.
Raises: ``length_mismatch``, ``prediction_design_required``, ``missing_arm``, ``llm_only_arm``, ``unknown_arm``,
``arm_not_allowed``, ``duplicate_column``, ``missing_human_answer``, ``missing_covariate``, ``no_paired_predictions``.
Source: Shrout & Fleiss (1979), Psychological Bulletin 86, ICC(1,1). Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import InvalidSample, Problem, Warned, token
from service.calibration.layouts.arrays import MODEL, dropped_units, missing_human
from service.calibration.layouts.draft import Draft, DraftColumn, Missing, finish, value_problems
from service.calibration.moments import FloatArray
from service.calibration.sample import Column, IntArray, PredictionDesign, Sample


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of names: codes (N,) into ``names``, -1 for missing."""

    codes: IntArray
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PredictionColumn:
    """One prediction column as sent; ``fill`` None is the mean of the column."""

    values: FloatArray
    model: str = MODEL
    arm: str | None = None
    draw: int | None = None
    fill: float | None = None
    population_mean: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as sent; ``arm`` None is one population named ``all``, ``human`` None: units with an outcome."""

    outcome: str
    y: FloatArray
    predictions: tuple[PredictionColumn, ...]
    arm: Labels | None = None
    prediction_design: PredictionDesign | None = None
    covariates: tuple[tuple[str, FloatArray | Labels], ...] = ()
    human: tuple[bool, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Rows:
    """Row numbers of every arm's humans and of every pool's LLM-only units."""

    arms: tuple[str, ...]
    design: PredictionDesign
    human: tuple[IntArray, ...]
    llm_only: tuple[IntArray, ...]


def from_table(table: Table, missing: Missing = "error") -> Sample:
    """The sample of a ``table`` request; ``missing`` says what a missing human answer means."""
    problems = _lengths(table)
    if problems:
        raise InvalidSample(problems)
    outcome_place = f"/data/outcomes/{token(table.outcome)}"
    asked = ~np.isnan(table.y) if table.human is None else np.array(table.human, dtype=bool)
    unanswered = asked & np.isnan(table.y)
    problems += missing_human(np.where(unanswered, np.nan, 0.0), outcome_place, missing)
    problems += value_problems(table.y, outcome_place)
    rows, row_problems = _rows(table, asked, asked & ~unanswered)
    problems += row_problems + _prediction_problems(table, rows.arms)
    if problems:
        raise InvalidSample(problems)
    drafts = [*_predictions(table, rows), *_covariates(table, rows)]
    dropped = int(unanswered.sum())
    return finish(
        Draft(
            arms=rows.arms,
            prediction_design=rows.design,
            outcome=table.outcome,
            y=tuple(table.y[r] for r in rows.human),
            columns=tuple(drafts),
            pools=tuple(int(r.size) for r in rows.llm_only),
            pointers=tuple(outcome_place for _ in rows.arms),
            n_dropped=dropped,
            warnings=(*dropped_units(dropped), *_ignored(int((~asked & ~np.isnan(table.y)).sum()), outcome_place)),
        )
    )


def _ignored(count: int, pointer: str) -> tuple[Warned, ...]:
    if not count:
        return ()
    text = f"{count} outcomes of units that human marks false were not used; those units count as LLM-only"
    return (Warned("human_answer_ignored", text, pointer),)


def _lengths(table: Table) -> list[Problem]:
    n = table.y.shape[0]
    columns: list[tuple[str, int]] = [
        (f"/data/predictions/{j}/values", c.values.shape[0]) for j, c in enumerate(table.predictions)
    ]
    columns += [
        (f"/data/covariates/{token(name)}", (v.codes if isinstance(v, Labels) else v).shape[0])
        for name, v in table.covariates
    ]
    columns += [("/data/arm", table.arm.codes.shape[0])] if table.arm is not None else []
    columns += [("/data/human", len(table.human))] if table.human is not None else []
    return [
        Problem(
            place, "length_mismatch", f"{length} entries, the outcome has {n}", "every column has one entry per unit"
        )
        for place, length in columns
        if length != n
    ]


def _rows(table: Table, asked: NDArray[np.bool_], used: NDArray[np.bool_]) -> tuple[_Rows, list[Problem]]:
    if table.arm is None:
        rows = _Rows(("all",), "independent", (np.flatnonzero(used),), (np.flatnonzero(~asked),))
        return rows, []
    codes, names = table.arm.codes, table.arm.names
    order = [int(c) for c in dict.fromkeys(codes[codes >= 0].tolist())]
    arms = tuple(names[c] for c in order)
    problems = [
        Problem(f"/data/arm/{i}", "missing_arm", "a unit with a human answer has no arm", "name the arm it was in")
        for i in np.flatnonzero(used & (codes < 0))
    ]
    design = table.prediction_design or "independent"
    if len(arms) > 1 and table.prediction_design is None:
        text = "two or more arms need to say whether units carry predictions under all conditions"
        hint = '"shared" (every unit under every condition, twins) or "independent" (each arm its own LLM units)'
        problems.append(Problem("/data/prediction_design", "prediction_design_required", text, hint))
        return _Rows(arms, design, (), ()), problems
    human = tuple(np.flatnonzero(used & (codes == c)) for c in order)
    if design == "shared" and len(arms) > 1:
        text, hint = "an LLM-only unit has an arm although predictions are shared", "send null for its arm"
        problems += [
            Problem(f"/data/arm/{i}", "llm_only_arm", text, hint) for i in np.flatnonzero(~asked & (codes >= 0))
        ]
        return _Rows(arms, design, human, (np.flatnonzero(~asked),)), problems
    if len(arms) > 1:
        text, hint = (
            "an LLM-only unit has no arm although predictions are independent",
            "name the arm it was asked under",
        )
        problems += [Problem(f"/data/arm/{i}", "missing_arm", text, hint) for i in np.flatnonzero(~asked & (codes < 0))]
        return _Rows(arms, design, human, tuple(np.flatnonzero(~asked & (codes == c)) for c in order)), problems
    return _Rows(arms, design, human, (np.flatnonzero(~asked),) * len(arms)), problems


def _prediction_problems(table: Table, arms: Sequence[str]) -> list[Problem]:
    problems, seen = _disagreeing_draws(table), set()
    undecided = "shared" if len(arms) > 1 else "independent"  # with two arms the missing design is a problem of its own
    if not arms:
        problems.append(Problem("/data/arm", "no_arms", "no unit has an arm", "send at least one arm"))
    for j, column in enumerate(table.predictions):
        place = f"/data/predictions/{j}"
        problems += value_problems(column.values, f"{place}/values")
        key = (column.model, column.arm, column.draw or 0)
        if key in seen:
            text = "another column has the same model, arm and draw"
            problems.append(Problem(place, "duplicate_column", text, "number repeated answers with draw 0, 1, .."))
        seen.add(key)
        if column.arm is not None and column.arm not in arms:
            problems.append(
                Problem(f"{place}/arm", "unknown_arm", "the data has no arm of this name", "names match exactly")
            )
        elif column.arm is not None and (table.prediction_design or undecided) != "shared":
            text = "under independent predictions a row's prediction is for its own arm"
            problems.append(
                Problem(f"{place}/arm", "arm_not_allowed", text, "leave out arm, or use shared predictions")
            )
    for name, values in table.covariates:
        problems += _covariate_problems(values, f"/data/covariates/{token(name)}")
    return problems


def _disagreeing_draws(table: Table) -> list[Problem]:
    stated: dict[tuple[str, str | None], tuple[float | None, float | None]] = {}
    problems = []
    for j, column in enumerate(table.predictions):
        said = (column.fill, column.population_mean)
        if stated.setdefault((column.model, column.arm), said) != said:
            text, hint = "fill or population_mean differs from that of another draw", "state them alike on every draw"
            problems.append(Problem(f"/data/predictions/{j}", "draws_disagree", text, hint))
    return problems


def _covariate_problems(values: FloatArray | Labels, place: str) -> list[Problem]:
    absent = values.codes < 0 if isinstance(values, Labels) else np.isnan(values)
    found = [] if isinstance(values, Labels) else value_problems(values, place)
    return found + [
        Problem(f"{place}/{i}", "missing_covariate", "a covariate is missing", "complete the column or leave it out")
        for i in np.flatnonzero(absent)
    ]


def _predictions(table: Table, rows: _Rows) -> list[DraftColumn]:
    groups: dict[tuple[str, str | None], list[int]] = {}
    for j, sent in enumerate(table.predictions):
        groups.setdefault((sent.model, sent.arm), []).append(j)
    drafts = []
    for (model, arm), index in groups.items():
        first = table.predictions[index[0]]
        draws = np.array([table.predictions[j].values for j in index])
        name = model if arm is None else f"{model} under {arm}"
        place = f"/data/predictions/{index[0]}/values"
        icc = intraclass_correlation(draws) if len(index) > 1 else None
        column = Column(name, "prediction", model, arm, first.population_mean, icc=icc, draws=len(index), pointer=place)
        drafts.append(_split(column, _mean_of_draws(draws), rows, first.fill))
    return drafts


def _mean_of_draws(draws: FloatArray) -> FloatArray:
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


def _covariates(table: Table, rows: _Rows) -> list[DraftColumn]:
    drafts = []
    for name, values in table.covariates:
        place = f"/data/covariates/{token(name)}"
        if not isinstance(values, Labels):
            drafts.append(_split(Column(name, "covariate", pointer=place), values, rows, None))
            continue
        levels = sorted((label, code) for code, label in enumerate(values.names) if (values.codes == code).any())
        drafts += [
            _split(
                Column(f"{name} (level {index})", "covariate", pointer=place),
                (values.codes == code).astype(np.float64),
                rows,
                None,
            )
            for index, (_, code) in enumerate(levels[1:], 2)
        ]
    return drafts


def _split(column: Column, values: FloatArray, rows: _Rows, fill: float | None) -> DraftColumn:
    return DraftColumn(
        column,
        tuple(values[r] for r in rows.human),
        tuple(values[r] if r.size else None for r in rows.llm_only),
        fill,
    )
