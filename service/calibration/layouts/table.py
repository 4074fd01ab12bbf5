"""The ``table`` layout: columnar, one entry per unit in every column; several LLMs, outcomes, twins, covariates.

Shapes: N units; every column (N,), NaN for a missing number and code -1 for a missing label.
Raises: ``length_mismatch``, ``missing_human_answer``, ``missing_covariate``, ``mixed_column`` and what ``rows``,
``survey``, ``predictions``, ``categories``, ``probabilities`` and ``draft`` raise.
Source: the layout ``table`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import InvalidSample, Problem, Warned, token
from service.calibration.layouts import survey as design
from service.calibration.layouts.arrays import dropped_units, missing_human
from service.calibration.layouts.categories import Answers, Categories, agreed, codes, components
from service.calibration.layouts.covariates import covariate_drafts, covariate_problems
from service.calibration.layouts.draft import Draft, DraftColumn, Missing, finish
from service.calibration.layouts.labels import Labels, length
from service.calibration.layouts.matrices import FEWEST, Offered, blocks
from service.calibration.layouts.predictions import (
    Indexed,
    Known,
    PredictionColumn,
    prediction_drafts,
    prediction_problems,
)
from service.calibration.layouts.probabilities import answers, named, probability_drafts, probability_problems
from service.calibration.layouts.reading import AS_NUMBERS, Reading
from service.calibration.layouts.rows import Rows, rows_of
from service.calibration.layouts.stacked import screened
from service.calibration.layouts.survey import NO_SURVEY, Survey, SurveyRows
from service.calibration.layouts.terms import TermRows, constant_terms, term_problems, terms_of, used
from service.calibration.layouts.values import value_problems
from service.calibration.moments import FloatArray
from service.calibration.plan import Model
from service.calibration.sample import IntArray, PredictionDesign, Sample, Term
from service.calibration.samples import Block, Samples


@dataclass(frozen=True, slots=True)
class Table:
    """A table as sent; ``arm`` None is one population named ``all``, ``human`` None: units with any outcome."""

    outcomes: tuple[tuple[str, FloatArray | Labels], ...]
    predictions: tuple[PredictionColumn, ...]
    arm: Labels | None = None
    prediction_design: PredictionDesign | None = None
    covariates: tuple[tuple[str, FloatArray | Labels], ...] = ()
    human: tuple[bool, ...] | None = None
    survey: Survey = NO_SURVEY


@dataclass(frozen=True)
class _Parsed:
    """What every outcome shares: rows, who is human (N,), survey design, covariates; and each one's own.

    Those are who answered it (K, N) and its predictions.
    """

    table: Table
    rows: Rows
    human: NDArray[np.bool_]
    present: NDArray[np.bool_]
    survey: SurveyRows | None
    strata: tuple[str, ...]
    covariates: list[DraftColumn]
    predictions: Mapping[str, Indexed]
    model: Model | None
    terms: tuple[Term, ...]
    term_rows: TermRows | None

    @cached_property
    def dropped(self) -> IntArray:
        """How many humans did not answer each outcome (K,)."""
        return np.asarray((self.human & ~self.present).sum(axis=1))

    @cached_property
    def ignored(self) -> IntArray:
        """How many answers to each outcome (K,) are of units that are not human."""
        return np.asarray((self.present & ~self.human).sum(axis=1))

    def rows_of(self, index: int) -> Rows:
        """The rows of those who answered an outcome."""
        return self.rows.of_humans(self.present[index]) if self.dropped[index] else self.rows

    def warnings(self, index: int) -> tuple[Warned, ...]:
        """What is said about units whose answers to an outcome are missing or are not used."""
        place, dropped, ignored = self.table.outcomes[index][0], int(self.dropped[index]), int(self.ignored[index])
        if not dropped and not ignored:
            return ()
        return (*dropped_units(dropped, _place(place)), *_ignored(ignored, _place(place)))


def from_table(table: Table, missing: Missing = "error", reading: Reading = AS_NUMBERS) -> Sequence[Sample]:
    """One sample per outcome of a ``table`` request, or with categories one per outcome and category.

    ``missing`` says what a missing human answer means; with ``drop_unit`` a unit is left out of that outcome only. A
    model takes its terms from the covariates, of which the others stay columns.
    """
    categories, model = reading.categories, reading.model
    problems = _lengths(table)
    if problems:
        raise InvalidSample(problems)
    present = np.empty((len(table.outcomes), length(table.outcomes[0][1])), dtype=bool)
    wrong = screened([values for _, values in table.outcomes], present)
    answered = np.logical_or.reduce(present)
    human = answered if table.human is None else np.array(table.human, dtype=bool)
    in_use = human & (answered if missing == "drop_unit" else True)
    wrong |= [categories is None and isinstance(values, Labels) for _, values in table.outcomes]
    wrong |= (human & ~present).any(axis=1)
    for k in np.flatnonzero(wrong):
        problems += _outcome_problems(*table.outcomes[k], human & ~present[k], missing, numeric=categories is None)
    rows, row_problems = rows_of(table.arm, table.prediction_design, human, in_use & answered)
    problems += row_problems
    if not rows.arms:
        problems.append(Problem("/data/arm", "no_arms", "no unit has an arm", "send at least one arm"))
    names = dict(table.outcomes)
    known = Known(rows.arms, names, table.prediction_design, categories is not None)
    problems += prediction_problems(table.predictions, known)
    problems += [p for name, values in table.covariates for p in covariate_problems(name, values)]
    problems += term_problems(table.covariates, model)
    problems += design.problems(table.survey, human, in_use | ~human)
    if problems:
        raise InvalidSample(problems)
    survey, strata = design.coded(table.survey)
    sent = survey if table.survey.lengths() else None
    covariates = covariate_drafts(table.covariates, rows, used(model))
    terms, term_rows = ((), None) if model is None else terms_of(table.covariates, model, present.shape[1])
    parsed = _Parsed(table, rows, human, present, sent, strata, covariates, _by_outcome(table), model, terms, term_rows)
    if term_rows is not None and model is not None:
        problems = constant_terms(terms, [term_rows.x[:, r] for r in rows.human], model)
    if problems:
        raise InvalidSample(problems)
    return _collected(parsed, categories)


def _collected(parsed: _Parsed, categories: Categories | None) -> Sequence[Sample]:
    """The samples of all outcomes, or the problems of all of them; those of a block are known to have none."""
    blocks = () if categories is not None or parsed.model is not None else _blocks(parsed)
    ready = {place for block in blocks for place in block.places}
    samples: list[Sequence[Sample]] = []
    problems: list[Problem] = []
    for index in range(len(parsed.table.outcomes)):
        if index in ready:
            continue
        try:
            samples.append([_numeric(parsed, index)] if categories is None else _shares(parsed, index, categories))
        except InvalidSample as refused:
            problems += [p for p in refused.problems if p not in problems]
    if problems:
        raise InvalidSample(problems)
    if not blocks:
        return tuple(sample for several in samples for sample in several)
    made = iter(samples)
    size = len(parsed.table.outcomes)
    return Samples(size, blocks, {k: next(made)[0] for k in range(size) if k not in ready}, partial(_numeric, parsed))


def _blocks(parsed: _Parsed) -> tuple[Block, ...]:
    """The outcomes that can be computed as matrices: one prediction of their own, and nothing else beside it."""
    table = parsed.table
    if len(table.outcomes) < FEWEST or table.covariates or parsed.survey is not None:
        return ()
    own = [parsed.predictions[name] for name, _ in table.outcomes]
    offered = [
        Offered(k, name, _place(name), y, column.model, column.values, parsed.warnings(k))
        for k, ((name, y), columns) in enumerate(zip(table.outcomes, own, strict=True))
        for column in columns.values()
        if len(columns) == 1 and column.arm is None and column.population_mean is None
        if not isinstance(y, Labels) and not isinstance(column.values, Labels)
    ]
    return blocks(offered, parsed.rows, parsed.present[[o.place for o in offered]])


def _numeric(parsed: _Parsed, index: int) -> Sample:
    values = parsed.table.outcomes[index][1]
    assert not isinstance(values, Labels)
    rows = parsed.rows_of(index)
    return finish(_draft(parsed, index, rows, values, columns=prediction_drafts(_own(parsed, index), rows)))


def _shares(parsed: _Parsed, index: int, categories: Categories) -> tuple[Sample, ...]:
    (name, values), own = parsed.table.outcomes[index], _own(parsed, index)
    names, problems = agreed(categories, [Answers(values, _place(name)), *answers(own)], named(own), _place(name))
    problems = problems or probability_problems(own, names)
    if problems:
        raise InvalidSample(problems)
    rows, chosen = parsed.rows_of(index), codes(values, names).astype(np.float64)
    columns = probability_drafts(own, names, rows)
    return components(finish(_draft(parsed, index, rows, chosen, columns=columns, categories=names)), names)


def _draft(
    parsed: _Parsed,
    index: int,
    rows: Rows,
    y: FloatArray,
    *,
    columns: list[DraftColumn],
    categories: tuple[str, ...] = (),
) -> Draft:
    name, survey = parsed.table.outcomes[index][0], parsed.survey
    taken = used(parsed.model)
    again = rows is not parsed.rows
    covariates = covariate_drafts(parsed.table.covariates, rows, taken) if again else parsed.covariates
    return Draft(
        arms=rows.arms,
        prediction_design=rows.design,
        outcome=name,
        y=tuple(y[r] for r in rows.human),
        columns=(*columns, *covariates),
        pools=tuple(int(r.size) for r in rows.llm_only),
        pointers=(_place(name),) * len(rows.arms),
        n_dropped=int(parsed.dropped[index]),
        warnings=parsed.warnings(index),
        categories=categories,
        survey=() if survey is None else tuple(survey.of(r, human=True) for r in rows.human),
        survey_llm_only=() if survey is None else tuple(survey.of(r, human=False) for r in rows.llm_only),
        strata=parsed.strata,
        terms=parsed.terms,
        term_rows=() if parsed.term_rows is None else tuple(map(parsed.term_rows.of, rows.human)),
        term_rows_llm_only=() if parsed.term_rows is None else tuple(map(parsed.term_rows.of, rows.llm_only)),
    )


def _place(outcome: str) -> str:
    return f"/data/outcomes/{token(outcome)}"


def _by_outcome(table: Table) -> Mapping[str, Indexed]:
    """The predictions of every outcome by their place; those without an outcome are for the only one."""
    found: dict[str, dict[int, PredictionColumn]] = {name: {} for name, _ in table.outcomes}
    for j, column in enumerate(table.predictions):
        found[column.outcome or table.outcomes[0][0]][j] = column
    return found


def _own(parsed: _Parsed, index: int) -> Indexed:
    return parsed.predictions[parsed.table.outcomes[index][0]]


def _outcome_problems(
    name: str, values: FloatArray | Labels, unanswered: NDArray[np.bool_], missing: Missing, *, numeric: bool
) -> list[Problem]:
    if isinstance(values, Labels):
        text, hint = "names stand where numbers belong", 'numbers, or estimand {"type": "proportions"}'
        found = [Problem(_place(name), "mixed_column", text, hint)] if numeric else []
    else:
        found = value_problems(values, _place(name))
    return missing_human(np.where(unanswered, np.nan, 0.0), _place(name), missing) + found


def _ignored(count: int, pointer: str) -> tuple[Warned, ...]:
    if not count:
        return ()
    text = f"{count} outcomes of units that human marks false were not used; those units count as LLM-only"
    return (Warned("human_answer_ignored", text, pointer),)


def _lengths(table: Table) -> list[Problem]:
    n = length(table.outcomes[0][1])
    columns = [(_place(name), size) for name, values in table.outcomes[1:] if (size := length(values)) != n]
    columns += [
        (f"/data/predictions/{j}/values", size)
        for j, column in enumerate(table.predictions)
        if (size := length(column.values)) != n
    ]
    columns += [(f"/data/covariates/{token(name)}", length(values)) for name, values in table.covariates]
    columns += [("/data/arm", length(table.arm))] if table.arm is not None else []
    columns += [("/data/human", len(table.human))] if table.human is not None else []
    text = "entries, the first outcome has" if len(table.outcomes) > 1 else "entries, the outcome has"
    return [
        Problem(place, "length_mismatch", f"{found} {text} {n}", "every column has one entry per unit")
        for place, found in [*columns, *table.survey.lengths()]
        if found != n
    ]
