"""The ``table`` layout: columnar, one entry per unit in every column; several LLMs, outcomes, twins, covariates.

Shapes: N units; every column (N,), NaN for a missing number and code -1 for a missing label.
Raises: ``length_mismatch``, ``missing_human_answer``, ``missing_covariate``, ``mixed_column`` ``missing_subgroup`` and
what ``rows``, ``survey``, ``predictions``, ``imputations``, ``terms``, ``target``, ``parsed`` and ``collected`` raise.
Source: the layout ``table`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import LISTED, InvalidSample, Problem, token
from service.calibration.layouts import survey as design
from service.calibration.layouts.arrays import missing_human
from service.calibration.layouts.collected import collected
from service.calibration.layouts.covariates import covariate_problems
from service.calibration.layouts.draft import Missing
from service.calibration.layouts.imputations import (
    imputation_problems,
    imputed,
    known_already,
    of_covariates,
    with_known_outcome,
)
from service.calibration.layouts.labels import Labels, length, ordered
from service.calibration.layouts.labels import present as labelled
from service.calibration.layouts.parsed import Parsed, place
from service.calibration.layouts.predictions import Known, PredictionColumn, prediction_problems
from service.calibration.layouts.reading import AS_NUMBERS, Reading
from service.calibration.layouts.rows import Rows, rows_of
from service.calibration.layouts.stacked import screened
from service.calibration.layouts.survey import NO_SURVEY, Survey
from service.calibration.layouts.target import Target, margins_of, target_problems
from service.calibration.layouts.terms import TermRows, term_problems, terms_of
from service.calibration.layouts.values import value_problems
from service.calibration.moments import FloatArray
from service.calibration.plan import Model
from service.calibration.sample import PredictionDesign, Sample


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
    subgroup: FloatArray | Labels | None = None


def from_table(table: Table, missing: Missing = "error", reading: Reading = AS_NUMBERS) -> Sequence[Sample]:
    """One sample per outcome of a ``table`` request, or with categories one per outcome and category.

    ``missing`` says what a missing human answer means; with ``drop_unit`` a unit is left out of that outcome only. A
    model takes its terms from the covariates, of which the others stay columns.
    """
    return collected(*parsed_table(table, missing, reading), reading.categories)


def parsed_table(table: Table, missing: Missing, reading: Reading) -> tuple[Parsed, list[Parsed]]:
    """A table without problems, and the same of every subgroup; raises ``InvalidSample`` with all problems."""
    categories, model = reading.categories, reading.model
    problems = _lengths(table)
    if problems:
        raise InvalidSample(problems)
    present = np.empty((len(table.outcomes), length(table.outcomes[0][1])), dtype=bool)
    wrong = screened([values for _, values in table.outcomes], present)
    answered = np.logical_or.reduce(present)
    human = answered if table.human is None else np.array(table.human, dtype=bool)
    in_use = human & (answered if missing == "drop_unit" else True)
    used = in_use if missing == "response_propensity" else in_use & answered
    wrong |= [categories is None and isinstance(values, Labels) for _, values in table.outcomes]
    wrong |= (human & ~present).any(axis=1)
    for k in np.flatnonzero(wrong):
        problems += _outcome_problems(*table.outcomes[k], human & ~present[k], missing, numeric=categories is None)
    rows, row_problems = rows_of(table.arm, table.prediction_design, human, used)
    problems += row_problems
    if not rows.arms:
        problems.append(Problem("/data/arm", "no_arms", "no unit has an arm", "send at least one arm"))
    names = dict(table.outcomes)
    known = Known(rows.arms, names, table.prediction_design, categories is not None)
    problems += prediction_problems(table.predictions, known)
    problems += imputation_problems(table.predictions, table.covariates, model)
    said = imputed(table.predictions, table.covariates)
    for name, values in table.covariates:
        problems += covariate_problems(name, values, human | (name not in said))
    problems += term_problems(table.covariates, model)
    problems += target_problems(table.covariates, reading.target, model)
    problems += design.problems(table.survey, human, in_use | ~human)
    problems += _subgroup_problems(table, in_use | ~human)
    if problems:
        raise InvalidSample(problems)
    parsed = _aimed(_parsed(table, rows, human, present, model), reading.target)
    parsed = replace(parsed, incomplete=missing == "response_propensity")
    return parsed, [] if table.subgroup is None else subgroups(parsed, table.subgroup)


def _aimed(parsed: Parsed, target: Target | None) -> Parsed:
    """The same with the units' deviations from a target's margins."""
    if target is None:
        return parsed
    margins, x = margins_of(parsed.covariates, target)
    return replace(parsed, margins=margins, term_rows=TermRows(x))


def _parsed(
    table: Table, rows: Rows, human: NDArray[np.bool_], present: NDArray[np.bool_], model: Model | None
) -> Parsed:
    """What the outcomes of a table without problems share."""
    survey, strata = design.coded(table.survey)
    said, predictions = of_covariates(table.predictions, table.covariates), _by_outcome(table)
    observed = _observed(table, rows, human, present) if said else frozenset()
    for name, values in table.outcomes:
        if name in observed:
            predictions[name] = with_known_outcome(predictions[name], said, values)
    terms, term_rows = ((), None) if model is None else terms_of(table.covariates, model, present.shape[1])
    return Parsed(
        outcomes=table.outcomes,
        covariates=table.covariates,
        rows=rows,
        human=human,
        others=~human,
        present=present,
        survey=survey if table.survey.lengths() else None,
        strata=strata,
        predictions=predictions,
        imputed=said,
        observed=observed,
        doubts=known_already(table.predictions, table.covariates),
        model=model,
        terms=terms,
        term_rows=term_rows,
    )


def _subgroup_problems(table: Table, used: NDArray[np.bool_]) -> list[Problem]:
    """What keeps units in use (N,) from a subgroup of their own, and what is not known of subgroups."""
    if table.subgroup is None:
        return []
    found = [] if isinstance(table.subgroup, Labels) else value_problems(table.subgroup, "/data/subgroup")
    text, hint = "a unit has no subgroup", "name the subgroup of every unit, LLM-only units too"
    found += [
        Problem(f"/data/subgroup/{i}", "missing_subgroup", text, hint)
        for i in np.flatnonzero(~labelled(table.subgroup) & used)[:LISTED]
    ]
    text = "a known population mean says nothing about the subgroups"
    hint = "supported: subgroup without population_mean, or population_mean without subgroup"
    return found + [
        Problem(f"/data/predictions/{j}/population_mean", "unsupported_combination", text, hint)
        for j, column in enumerate(table.predictions)
        if column.population_mean is not None
    ]


def subgroups(parsed: Parsed, column: FloatArray | Labels) -> list[Parsed]:
    """The parsed table of every subgroup that has a unit in use, in the order of their names."""
    there = ordered(column)
    in_use = np.zeros(there.codes.shape[0], dtype=bool)
    for rows in (*parsed.rows.human, *parsed.rows.llm_only):
        in_use[rows] = True
    members = ((name, there.codes == code) for code, name in enumerate(there.names))
    return [parsed.of(name, units) for name, units in members if (units & in_use).any()]


def _by_outcome(table: Table) -> dict[str, dict[int, PredictionColumn]]:
    """The predictions of every outcome by their place; those without an outcome are for the only one."""
    found: dict[str, dict[int, PredictionColumn]] = {name: {} for name, _ in table.outcomes}
    for j, column in enumerate(table.predictions):
        if column.covariate is None:
            found[column.outcome or table.outcomes[0][0]][j] = column
    return found


def _observed(table: Table, rows: Rows, human: NDArray[np.bool_], present: NDArray[np.bool_]) -> frozenset[str]:
    """The outcomes that are known of every unit, where units have one arm."""
    if human.all() or (rows.design == "shared" and len(rows.arms) > 1):
        return frozenset()
    return frozenset(name for (name, _), known in zip(table.outcomes, present, strict=True) if known[~human].all())


def _outcome_problems(
    name: str, values: FloatArray | Labels, unanswered: NDArray[np.bool_], missing: Missing, *, numeric: bool
) -> list[Problem]:
    if isinstance(values, Labels):
        text, hint = "names stand where numbers belong", 'numbers, or estimand {"type": "proportions"}'
        found = [Problem(place(name), "mixed_column", text, hint)] if numeric else []
    else:
        found = value_problems(values, place(name))
    return missing_human(np.where(unanswered, np.nan, 0.0), place(name), missing) + found


def _lengths(table: Table) -> list[Problem]:
    n = length(table.outcomes[0][1])
    columns = [(place(name), size) for name, values in table.outcomes[1:] if (size := length(values)) != n]
    columns += [
        (f"/data/predictions/{j}/values", size)
        for j, column in enumerate(table.predictions)
        if (size := length(column.values)) != n
    ]
    columns += [(f"/data/covariates/{token(name)}", length(values)) for name, values in table.covariates]
    columns += [("/data/arm", length(table.arm))] if table.arm is not None else []
    columns += [("/data/human", len(table.human))] if table.human is not None else []
    columns += [("/data/subgroup", length(table.subgroup))] if table.subgroup is not None else []
    text = "entries, the first outcome has" if len(table.outcomes) > 1 else "entries, the outcome has"
    return [
        Problem(place, "length_mismatch", f"{found} {text} {n}", "every column has one entry per unit")
        for place, found in [*columns, *table.survey.lengths()]
        if found != n
    ]
