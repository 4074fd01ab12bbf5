"""From raw columns with missing values to a sample: the one place where data is checked, filled and frozen.

Missing LLM answers are the matter of ``refusals``.
Shapes: per arm y (n,), per column one array per arm (n,) and one per pool (m,) or None; NaN marks a missing value.
Raises: ``too_few_humans``, ``no_variation``, ``not_finite``, ``numeric_overflow``, and what ``refusals`` raises.
Source: none. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import InvalidSample, Problem, Warned
from service.calibration.layouts.refusals import (
    DraftColumn,
    by_chance,
    column_problems,
    expanded,
    filled_answers,
    lacking,
    left_out,
)
from service.calibration.layouts.survey import SurveyRows
from service.calibration.layouts.terms import TermRows
from service.calibration.layouts.unanswered import NONE_MISSING, divided, present
from service.calibration.layouts.values import value_problems
from service.calibration.least_squares import SMALLEST_SPREAD
from service.calibration.margins import Margins
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import PredictionDesign, Sample, Term, Units

Missing = Literal["error", "drop_unit", "response_propensity"]
FEWEST_HUMANS = 3
FEW_HUMANS = 10
DWARFED = 1e3


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
    problems += [p for column in draft.columns for p in column_problems(column)]
    if problems:
        raise InvalidSample(problems)
    draft, warned, chance = _without_lacking(draft)
    columns = [_shifted(part) for column in draft.columns for part in expanded(column)]
    origin = 0.0 if draft.categories else float(origin_of(draft.answers))
    asked = tuple(_humans(draft, columns, d, y - origin) for d, y in enumerate(draft.y))
    human, unanswered = divided(asked) if draft.incomplete else (asked, ())
    warnings = [
        *draft.warnings,
        *few_humans(draft.arms, [units.n for units in human], draft.pointers),
        *((NONE_MISSING,) if draft.incomplete and not unanswered else ()),
        *warned,
        *filled_answers(columns),
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
        unanswered_by_chance=chance,
        warnings=tuple(warnings),
    )


def _without_lacking(draft: Draft) -> tuple[Draft, list[Warned], float]:
    """The draft without LLM-only units that lack an answer which every human has, the warning, and the p-value of that.

    Units of a frame with known sampling probabilities stay: an estimate of its mean needs all of them, and is right
    whatever is filled in. With one alternative of a choice set the whole set is left out.
    """
    if any(s.sampling_probability is not None for s in draft.survey):
        return draft, [], 1.0
    keep, chances = [], []
    for k, size in enumerate(draft.pools):
        arms = (k,) if len(draft.pools) > 1 else tuple(range(len(draft.arms)))
        out = lacking(draft.columns, arms, k, size)
        sets = draft.term_rows_llm_only[k].choice_set if out.any() and draft.term_rows_llm_only else None
        out = out if sets is None else np.isin(sets, sets[out])
        keep.append(np.flatnonzero(~out))
        if out.any():
            n = sum(draft.y[d].shape[0] for d in arms)
            chances.append(by_chance(int(out.sum()), int(keep[-1].size), n))
    if not chances:
        return draft, [], 1.0
    pools = tuple(int(rows.size) for rows in keep)
    kept = replace(
        draft,
        columns=tuple(
            replace(c, llm_only=tuple(None if a is None else a[r] for a, r in zip(c.llm_only, keep, strict=True)))
            for c in draft.columns
        ),
        pools=pools,
        survey_llm_only=tuple(s.of(r, human=False) for s, r in zip(draft.survey_llm_only, keep, strict=False)),
        term_rows_llm_only=tuple(t.of(r) for t, r in zip(draft.term_rows_llm_only, keep, strict=False)),
        rows_llm_only=tuple(rows[r] for rows, r in zip(draft.rows_llm_only, keep, strict=False)),
    )
    warned = left_out(draft.columns, sum(draft.pools) - sum(pools))
    return kept, warned, min(1.0, len(chances) * min(chances))


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
