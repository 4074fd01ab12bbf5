"""From raw columns with missing values to a sample: the one place where data is checked, filled and frozen.

Missing LLM answers are never dropped: each column has one fill, applied alike to human and LLM-only units, and a
refusal indicator becomes a further column. With the indicator among the columns the answer does not depend on
the fill; where it is too rare to carry a slope it does, a little.
Shapes: per arm y (n,), per column one array per arm (n,) and one per pool (m,) or None; NaN marks a missing value.
Raises: ``too_few_humans``, ``no_variation``, ``not_finite``, ``numeric_overflow``, ``no_usable_answers``,
``unsupported_combination`` (missing answers in a column whose population mean is known).
Source: White & Thompson (2005), Statistics in Medicine 24:993-1007 (missing indicators in trials).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import InvalidSample, Problem, Warned
from service.calibration.layouts.survey import SurveyRows
from service.calibration.layouts.terms import TermRows
from service.calibration.layouts.unanswered import NONE_MISSING, divided, present
from service.calibration.layouts.values import value_problems
from service.calibration.least_squares import SMALLEST_SPREAD
from service.calibration.margins import Margins
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import Column, PredictionDesign, Sample, Term, Units

Missing = Literal["error", "drop_unit", "response_propensity"]
FEWEST_HUMANS = 3
FEW_HUMANS = 10
DWARFED = 1e3


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """One column before filling: values per arm and per pool with NaN for missing; ``fill`` None means the mean.

    ``refusals`` False: the missing answers are marked by the refusal column of another column.
    """

    column: Column
    human: tuple[FloatArray, ...]
    llm_only: tuple[FloatArray | None, ...]
    fill: float | None = None
    refusals: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """A sample before its checks; ``pools`` counts LLM-only units; pointers are of each arm's human outcomes.

    With ``categories`` y holds codes of categories, and an arm may lack all but one of them. ``survey`` has the survey
    design of every arm's humans, ``survey_llm_only`` that of every pool's LLM-only units; empty: none was sent.
    ``term_rows``: terms of a model, or deviations from ``margins``. ``incomplete``: all asked are there, y may be NaN.
    """

    arms: tuple[str, ...]
    prediction_design: PredictionDesign
    outcome: str
    y: tuple[FloatArray, ...]
    columns: tuple[DraftColumn, ...]
    pools: tuple[int, ...]
    pointers: tuple[str, ...]
    n_dropped: int = 0
    warnings: tuple[Warned, ...] = ()
    categories: tuple[str, ...] = ()
    survey: tuple[SurveyRows, ...] = ()
    survey_llm_only: tuple[SurveyRows, ...] = ()
    strata: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    term_rows: tuple[TermRows, ...] = ()
    term_rows_llm_only: tuple[TermRows, ...] = ()
    rows: tuple[IntArray, ...] = ()
    rows_llm_only: tuple[IntArray, ...] = ()
    subgroup: str | None = None
    margins: Margins | None = None
    incomplete: bool = False

    @property
    def answers(self) -> tuple[FloatArray, ...]:
        """The answers of every arm that are there."""
        return present(self.y) if self.incomplete else self.y


def finish(draft: Draft) -> Sample:
    """The checked, filled, read-only sample of a draft, or every reason why there is none."""
    problems = [
        p
        for name, y, pointer in zip(draft.arms, draft.answers, draft.pointers, strict=True)
        for p in outcome_problems(name, y, pointer, differ=not draft.categories)
    ]
    problems += [p for column in draft.columns for p in _column_problems(column)]
    if problems:
        raise InvalidSample(problems)
    columns = [_shifted(part) for column in draft.columns for part in expanded(column)]
    origin = 0.0 if draft.categories else float(origin_of(draft.answers))
    asked = tuple(_humans(draft, columns, d, y - origin) for d, y in enumerate(draft.y))
    human, unanswered = divided(asked) if draft.incomplete else (asked, ())
    warnings = [
        *draft.warnings,
        *few_humans(draft.arms, [units.n for units in human], draft.pointers),
        *((NONE_MISSING,) if draft.incomplete and not unanswered else ()),
        *_missing_answers(columns),
    ]
    return Sample(
        arms=draft.arms,
        prediction_design=draft.prediction_design,
        columns=tuple(c.column for c in columns),
        human=human,
        llm_only=tuple(_others(draft, columns, k) if m and columns else None for k, m in enumerate(draft.pools)),
        pointers=draft.pointers,
        outcome=draft.outcome,
        origin=origin,
        n_dropped=draft.n_dropped,
        strata=draft.strata,
        terms=draft.terms,
        subgroup=draft.subgroup,
        unanswered=unanswered,
        margins=draft.margins,
        warnings=tuple(warnings),
    )


def outcome_problems(arm: str, y: FloatArray, pointer: str, *, differ: bool = True) -> list[Problem]:
    """What makes an arm's human outcomes impossible to analyse; y (n,), complete, which must ``differ``."""
    found = value_problems(y, pointer)
    if found:
        return found
    if y.shape[0] < FEWEST_HUMANS:
        return [
            Problem(
                pointer,
                "too_few_humans",
                f"arm {arm!r} has {y.shape[0]} human answers, at least {FEWEST_HUMANS} are needed in every arm",
                "collect more human answers; no calibration is possible without them",
            )
        ]
    if differ and not varies(y):
        return [
            Problem(
                pointer,
                "no_variation",
                f"all human answers of arm {arm!r} are the same, so their uncertainty cannot be estimated",
                "collect more answers, or report this arm without an interval",
            )
        ]
    return []


def varies(y: FloatArray) -> NDArray[np.bool_]:
    """Whether the answers (.., n) of an arm differ by more than rounding."""
    return np.asarray(np.ptp(y, axis=-1) > np.maximum(1e-14 * np.abs(y).max(axis=-1), SMALLEST_SPREAD))


def _column_problems(draft: DraftColumn) -> list[Problem]:
    place = draft.column.pointer
    arrays = [*draft.human, *(a for a in draft.llm_only if a is not None)]
    if all(bool(np.isnan(a).all()) for a in draft.human):
        return [
            Problem(
                place,
                "no_usable_answers",
                "the LLM gave no answer for any human of this column",
                "send paired answers, or leave the column out",
            )
        ]
    missing = any(bool(np.isnan(a).any()) for a in arrays)
    if missing and draft.column.population_mean is not None:
        return [
            Problem(
                place,
                "unsupported_combination",
                "a column with a known population mean has missing answers",
                "supported: population_mean on complete columns, or missing answers without population_mean",
            )
        ]
    return []


def expanded(draft: DraftColumn) -> list[DraftColumn]:
    """The filled column and, where answers are missing, its refusal indicator."""
    marks_human = tuple(np.isnan(a) for a in draft.human)
    marks_only = tuple(None if a is None else np.isnan(a) for a in draft.llm_only)
    counts_human = tuple(int(m.sum()) for m in marks_human)
    counts_only = tuple(0 if m is None else int(m.sum()) for m in marks_only)
    column = replace(draft.column, n_missing_human=counts_human, n_missing_llm_only=counts_only)
    if not any(counts_human) and not any(counts_only):
        return [replace(draft, column=column)]
    present = np.concatenate([a[~np.isnan(a)] for a in (*draft.human, *draft.llm_only) if a is not None])
    fill = float(present.mean()) if draft.fill is None else draft.fill
    filled = replace(
        draft,
        column=column,
        human=tuple(np.where(m, fill, a) for m, a in zip(marks_human, draft.human, strict=True)),
        llm_only=tuple(
            None if a is None or m is None else np.where(m, fill, a)
            for m, a in zip(marks_only, draft.llm_only, strict=True)
        ),
    )
    if not draft.refusals:
        return [filled]
    name = f"{draft.column.name} (no answer)"
    refusal = DraftColumn(
        replace(draft.column, name=name, kind="refusal", population_mean=None, icc=None, category=None),
        tuple(m.astype(np.float64) for m in marks_human),
        tuple(None if m is None else m.astype(np.float64) for m in marks_only),
    )
    return [filled, refusal]


def origin_of(arrays: Sequence[FloatArray]) -> FloatArray:
    """A value near all of the data (.., n) where its level dwarfs its spread, for the digits of differences; else 0."""
    low = np.minimum.reduce([a.min(axis=-1) for a in arrays])
    high = np.maximum.reduce([a.max(axis=-1) for a in arrays])
    level = np.where(low > 0.0, low, -high)
    return np.where(level > DWARFED * (high - low), arrays[0][..., 0], 0.0)


def _shifted(draft: DraftColumn) -> DraftColumn:
    origin = float(origin_of(draft.human))
    if origin == 0.0:
        return draft
    return replace(
        draft,
        column=replace(draft.column, origin=origin),
        human=tuple(a - origin for a in draft.human),
        llm_only=tuple(None if a is None else a - origin for a in draft.llm_only),
    )


def _units(columns: Sequence[FloatArray], y: FloatArray | None, survey: SurveyRows) -> Units:
    c = np.array(columns, dtype=np.float64) if columns else np.zeros((0, 0 if y is None else y.shape[0]))
    c.flags.writeable = False
    outcome = None if y is None else np.array(y, dtype=np.float64)
    if outcome is not None:
        outcome.flags.writeable = False
    return Units(c, outcome, survey.weight, survey.cluster, survey.stratum, survey.sampling_probability)


def _humans(draft: Draft, columns: Sequence[DraftColumn], arm: int, y: FloatArray) -> Units:
    survey = draft.survey[arm] if draft.survey else SurveyRows()
    units = _with_terms(_units([c.human[arm] for c in columns], y, survey), draft.term_rows, arm)
    return replace(units, row=draft.rows[arm]) if draft.rows else units


def _others(draft: Draft, columns: Sequence[DraftColumn], pool: int) -> Units:
    survey = draft.survey_llm_only[pool] if draft.survey_llm_only else SurveyRows()
    values = [a for c in columns if (a := c.llm_only[pool]) is not None]
    units = _with_terms(_units(values, None, survey), draft.term_rows_llm_only, pool)
    units = _with_guesses(units, draft.terms, columns)
    return replace(units, row=draft.rows_llm_only[pool]) if draft.rows_llm_only else units


def _with_guesses(units: Units, terms: Sequence[Term], columns: Sequence[DraftColumn]) -> Units:
    """Units that gave no covariate with the mean of what the LLMs say of it in its place."""
    said = [c.column for c in columns]
    if units.x is None or not any(c.kind == "imputed" for c in said):
        return units
    x = units.x.copy()
    for t, term in enumerate(terms):
        own = [j for j, c in enumerate(said) if c.kind == "imputed" and c.covariate == term.covariate]
        if own:
            x[t] = np.mean([units.c[j] + said[j].origin for j in own], axis=0)
    return replace(units, x=x)


def _with_terms(units: Units, rows: Sequence[TermRows], place: int) -> Units:
    return replace(units, x=rows[place].x, choice_set=rows[place].choice_set) if rows else units


def few_humans(arms: Sequence[str], sizes: Sequence[int], pointers: Sequence[str]) -> list[Warned]:
    """The warnings about arms whose number of humans is small."""
    return [
        Warned(
            "few_humans",
            f"arm {arm!r} has {n} human answers; below {FEW_HUMANS} the interval rests on the outcome being "
            "close to normal",
            pointer,
        )
        for arm, n, pointer in zip(arms, sizes, pointers, strict=True)
        if n < FEW_HUMANS
    ]


def _missing_answers(columns: Sequence[DraftColumn]) -> list[Warned]:
    return [
        Warned(
            "missing_llm_answers",
            f"{sum(c.column.n_missing_human) + sum(c.column.n_missing_llm_only)} LLM answers are missing; they were "
            "filled alike everywhere and a refusal column was added",
            c.column.pointer,
        )
        for c in columns
        if c.column.kind in ("prediction", "imputed")
        and c.refusals
        and (any(c.column.n_missing_human) or any(c.column.n_missing_llm_only))
    ]
