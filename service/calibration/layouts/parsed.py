"""What the outcomes of a table share once its columns are parsed, and how the sample of one outcome is made of it.

Shapes: N units, K outcomes. Units: the caller's.
Raises: what ``draft``, ``categories`` and ``probabilities`` raise.
Source: the layout ``table`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import InvalidSample, Warned, token
from service.calibration.layouts.arrays import dropped_units
from service.calibration.layouts.categories import Answers, Categories, agreed, apart, codes, components
from service.calibration.layouts.covariates import covariate_drafts
from service.calibration.layouts.draft import Draft, finish
from service.calibration.layouts.imputations import imputation_drafts
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import Indexed, prediction_drafts
from service.calibration.layouts.probabilities import answers, named, probability_drafts, probability_problems
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.rows import Rows
from service.calibration.layouts.survey import SurveyRows
from service.calibration.layouts.terms import Covariates, TermRows, used
from service.calibration.margins import Margins
from service.calibration.moments import FloatArray, IntArray
from service.calibration.plan import Model
from service.calibration.sample import Sample, Term

Outcomes = Sequence[tuple[str, FloatArray | Labels]]


@dataclass(frozen=True)
class Parsed:
    """What every outcome shares: rows, who is human and who is not (N,), survey design, covariates; each one's own.

    Those are who answered it (K, N) and its predictions. Of a ``subgroup`` it holds the same, of that subgroup's units;
    ``left_out`` are the warnings about subgroups without an analysis, by outcome. ``imputed`` are predictions of terms
    that units without a human answer lack, ``observed`` the outcomes known of everyone, ``doubts`` further warnings.
    ``incomplete``: humans who did not answer an outcome stay.
    With ``margins`` of a target ``term_rows`` are the units' deviations from them.
    """

    outcomes: Outcomes
    covariates: Covariates
    rows: Rows
    human: NDArray[np.bool_]
    others: NDArray[np.bool_]
    present: NDArray[np.bool_]
    survey: SurveyRows | None
    strata: tuple[str, ...]
    predictions: Mapping[str, Indexed]
    model: Model | None
    terms: tuple[Term, ...]
    term_rows: TermRows | None
    imputed: Indexed = field(default_factory=dict)
    observed: frozenset[str] = frozenset()
    doubts: tuple[Warned, ...] = ()
    subgroup: str | None = None
    left_out: Mapping[int, tuple[Warned, ...]] = field(default_factory=dict)
    incomplete: bool = False
    margins: Margins | None = None

    @cached_property
    def dropped(self) -> IntArray:
        """How many humans who did not answer each outcome (K,) are left out."""
        if self.incomplete:
            return np.zeros(len(self.outcomes), dtype=np.int64)
        return np.asarray(np.count_nonzero(self.human) - np.count_nonzero(self.present & self.human, axis=1))

    @cached_property
    def ignored(self) -> IntArray:
        """How many answers to each outcome (K,) are of units that are not human."""
        return np.asarray(np.count_nonzero(self.present & self.others, axis=1))

    @cached_property
    def columns(self) -> list[DraftColumn]:
        """The covariates that adjust, as columns."""
        return covariate_drafts(self.covariates, self.rows, self.taken)

    @property
    def taken(self) -> frozenset[str]:
        """The covariates that are a model's terms or have margins of a target, and are no columns."""
        return used(self.model) | {m.covariate for m in (self.margins.margins if self.margins is not None else ())}

    def rows_of(self, index: int) -> Rows:
        """The rows of those who answered an outcome."""
        return self.rows.of_humans(self.present[index]) if self.dropped[index] else self.rows

    def own(self, index: int) -> Indexed:
        """An outcome's predictions."""
        return self.predictions[self.outcomes[index][0]]

    def warnings(self, index: int) -> tuple[Warned, ...]:
        """What is said about units whose answers to an outcome are missing or are not used, and about subgroups."""
        pointer, dropped, ignored = place(self.outcomes[index][0]), int(self.dropped[index]), int(self.ignored[index])
        left_out = (*self.doubts, *self.left_out.get(index, ()))
        if not dropped and not ignored:
            return left_out
        unused = 0 if self.outcomes[index][0] in self.observed else ignored
        return (*dropped_units(dropped, pointer), *_ignored(unused, pointer), *left_out)

    def of(self, subgroup: str, members: NDArray[np.bool_]) -> Parsed:
        """The same of the units (N,) of a subgroup; strata are numbered anew, for some may have none of them."""
        survey, strata = self.survey, self.strata
        if survey is not None and survey.stratum is not None:
            there = np.unique(survey.stratum[members & (survey.stratum >= 0)])
            lookup = np.full(len(strata) + 1, -1)
            lookup[there] = np.arange(there.size)
            survey = replace(survey, stratum=lookup[survey.stratum])
            strata = tuple(strata[h] for h in there.tolist())
        return replace(
            self,
            rows=self.rows.of(members),
            human=self.human & members,
            others=self.others & members,
            survey=survey,
            strata=strata,
            subgroup=subgroup,
            left_out={},
        )


def place(outcome: str) -> str:
    """Where an outcome stands in the caller's data."""
    return f"/data/outcomes/{token(outcome)}"


def numeric(parsed: Parsed, index: int) -> Sample:
    """The sample of an outcome of numbers."""
    values = parsed.outcomes[index][1]
    assert not isinstance(values, Labels)
    rows = parsed.rows_of(index)
    return finish(draft_of(parsed, index, rows, values, columns=prediction_drafts(parsed.own(index), rows)))


def shares(parsed: Parsed, index: int, categories: Categories) -> tuple[Sample, ...]:
    """The samples of an outcome of categories, one for the share of each."""
    (name, values), own = parsed.outcomes[index], parsed.own(index)
    names, problems = agreed(categories, [Answers(values, place(name)), *answers(own)], named(own), place(name))
    if not problems and categories.asked is None:
        problems = apart(Answers(values, place(name)), answers(own))
    problems = problems or probability_problems(own, names)
    if problems:
        raise InvalidSample(problems)
    rows, answers_given = parsed.rows_of(index), codes(values, names)
    chosen = np.where(answers_given < 0, np.nan, answers_given)
    columns = probability_drafts(own, names, rows)
    return components(finish(draft_of(parsed, index, rows, chosen, columns=columns, categories=names)), names)


def draft_of(
    parsed: Parsed,
    index: int,
    rows: Rows,
    y: FloatArray,
    *,
    columns: list[DraftColumn],
    categories: tuple[str, ...] = (),
) -> Draft:
    """The draft of an outcome with values y (N,) and these columns before the covariates."""
    name, survey = parsed.outcomes[index][0], parsed.survey
    again = rows is not parsed.rows
    covariates = covariate_drafts(parsed.covariates, rows, parsed.taken) if again else parsed.columns
    return Draft(
        arms=rows.arms,
        prediction_design=rows.design,
        outcome=name,
        y=tuple(y[r] for r in rows.human),
        columns=(*columns, *imputation_drafts(parsed.imputed, rows), *covariates),
        pools=tuple(int(r.size) for r in rows.llm_only),
        pointers=(place(name),) * len(rows.arms),
        n_dropped=int(parsed.dropped[index]),
        warnings=parsed.warnings(index),
        categories=categories,
        survey=() if survey is None else tuple(survey.of(r, human=True) for r in rows.human),
        survey_llm_only=() if survey is None else tuple(survey.of(r, human=False) for r in rows.llm_only),
        strata=parsed.strata,
        terms=parsed.terms,
        term_rows=() if parsed.term_rows is None else tuple(map(parsed.term_rows.of, rows.human)),
        term_rows_llm_only=() if parsed.term_rows is None else tuple(map(parsed.term_rows.of, rows.llm_only)),
        rows=rows.human,
        rows_llm_only=rows.llm_only,
        subgroup=parsed.subgroup,
        incomplete=parsed.incomplete,
        margins=parsed.margins,
    )


def _ignored(count: int, pointer: str) -> tuple[Warned, ...]:
    if not count:
        return ()
    text = f"{count} outcomes of units that human marks false were not used; those units count as LLM-only"
    return (Warned("human_answer_ignored", text, pointer),)
