"""The study of a request's data: any layout as views, with nothing refused that a check could report instead.

The layout ``arrays`` is read as a table; units without a human answer are left out of that outcome with a warning.
Raises: what the layouts raise about values, lengths and names; nothing about too few or constant answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from service.calibration.diagnostics.study import Source, Study, View
from service.calibration.errors import InvalidSample, Problem, Warned
from service.calibration.layouts import choices, moments
from service.calibration.layouts.arrays import MODEL, arm_names, length_problem
from service.calibration.layouts.categories import Answers, Categories, agreed, apart, codes
from service.calibration.layouts.draft import Draft
from service.calibration.layouts.labels import Labels, length
from service.calibration.layouts.parsed import Parsed, draft_of, place
from service.calibration.layouts.predictions import Indexed, PredictionColumn, prediction_drafts
from service.calibration.layouts.probabilities import answers, named, probability_drafts, probability_problems
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.rows import Rows
from service.calibration.layouts.table import Table, parsed_table
from service.calibration.layouts.values import value_problems
from service.calibration.moments import FloatArray

AS_SENT = Reading(Categories())
Columns = Callable[[Indexed, Rows], list[DraftColumn]]


def of_table(table: Table) -> Study:
    """The study of a table: outcomes of names, or with predictions of names or categories, are of categories."""
    whole, subgroups = parsed_table(table, "drop_unit", AS_SENT)
    views, warnings, problems = [], list[Warned](), list[Problem]()
    for k in range(len(whole.outcomes)):
        try:
            views += [_view(part, k) for part in (whole, *subgroups)]
        except InvalidSample as refused:
            problems += refused.problems
        warnings += whole.warnings(k)
    if problems:
        raise InvalidSample(problems)
    return Study(tuple(views), tuple(warnings))


def of_arrays(arms: Sequence[choices.ArmChoices]) -> Study:
    """The study of arms of paired and unpaired answers."""
    problems = arm_names([arm.name for arm in arms])
    for i, arm in enumerate(arms):
        for name, values in (("human", arm.human), ("llm", arm.llm), ("llm_only", arm.llm_only)):
            if values is not None and not isinstance(values, Labels):
                problems += value_problems(values, f"/data/arms/{i}/{name}")
        if arm.llm is not None:
            problems += length_problem(length(arm.llm), length(arm.human), f"/data/arms/{i}/llm")
    problems += _kinds(arms)
    if problems:
        raise InvalidSample(problems)
    return of_table(_as_table(arms))


def of_moments(data: moments.MomentData) -> Study:
    """The study of moments."""
    sample = moments.from_moments(data, analysable=False)
    view = View(sample.outcome, None, sample.arms, sample.prediction_design, sample.columns, sample=sample)
    return Study((view,))


def _as_table(arms: Sequence[choices.ArmChoices]) -> Table:
    """Rows arm by arm: humans with their LLM answers, then LLM-only units."""
    outcome: list[FloatArray | Labels] = []
    said: list[FloatArray | Labels] = []
    human: list[bool] = []
    sizes = []
    for arm in arms:
        n, m = length(arm.human), 0 if arm.llm_only is None else length(arm.llm_only)
        outcome += [arm.human, np.full(m, np.nan)]
        said += [np.full(n, np.nan) if arm.llm is None else arm.llm]
        said += [] if arm.llm_only is None else [arm.llm_only]
        human += [True] * n + [False] * m
        sizes.append(n + m)
    names = tuple(arm.name for arm in arms)
    return Table(
        outcomes=(("y", _joined(outcome)),),
        predictions=(PredictionColumn(_joined(said), MODEL),),
        arm=Labels(np.repeat(np.arange(len(names)), sizes), names),
        prediction_design="independent",
        human=tuple(human),
    )


def _kinds(arms: Sequence[choices.ArmChoices]) -> list[Problem]:
    """Columns of names beside columns of numbers."""
    columns = [
        (f"/data/arms/{i}/{name}", values)
        for i, arm in enumerate(arms)
        for name, values in (("human", arm.human), ("llm", arm.llm), ("llm_only", arm.llm_only))
        if values is not None and (isinstance(values, Labels) or not np.isnan(values).all())
    ]
    text, hint = "some columns hold names, others numbers", "all numbers or all strings"
    return [
        Problem(place, "mixed_column", text, hint)
        for (_, before), (place, values) in pairwise(columns)
        if isinstance(before, Labels) != isinstance(values, Labels)
    ]


def _joined(parts: Sequence[FloatArray | Labels]) -> FloatArray | Labels:
    """Columns one behind the other; columns without an answer go with either kind."""
    if not any(isinstance(part, Labels) for part in parts):
        return np.concatenate([part for part in parts if not isinstance(part, Labels)] or [np.zeros(0)])
    names = tuple(dict.fromkeys(n for part in parts if isinstance(part, Labels) for n in part.names))
    return Labels(
        np.concatenate(
            [
                codes(part, names) if isinstance(part, Labels) else np.full(part.shape[0], -1, dtype=np.int64)
                for part in parts
            ]
        ),
        names,
    )


def _view(parsed: Parsed, index: int) -> View:
    name, values = parsed.outcomes[index]
    own, rows = parsed.own(index), parsed.rows_of(index)
    names: tuple[str, ...] = ()
    make: Columns = prediction_drafts
    if _of_categories(values, own):
        names, problems = agreed(Categories(), [Answers(values, place(name)), *answers(own)], named(own), place(name))
        problems = [p for p in problems if p.code != "too_few_categories"]
        problems = problems or apart(Answers(values, place(name)), answers(own)) or probability_problems(own, names)
        if problems:
            raise InvalidSample(problems)
        values, make = codes(values, names).astype(np.float64), partial(_probabilities, names=names)
    assert not isinstance(values, Labels)
    draft = draft_of(parsed, index, rows, values, columns=make(own, rows))
    single = (*make(_first_draws(own), rows), *draft.columns[len(make(own, rows)) :])
    return View(
        outcome=name,
        subgroup=parsed.subgroup,
        arms=draft.arms,
        prediction_design=draft.prediction_design,
        columns=tuple(c.column for c in draft.columns),
        human=tuple(_human(draft, single, d) for d in range(len(draft.arms))),
        llm_only=tuple(_others(draft, single, k) if m else None for k, m in enumerate(draft.pools)),
        categories=names,
    )


def _probabilities(columns: Indexed, rows: Rows, names: tuple[str, ...]) -> list[DraftColumn]:
    return probability_drafts(columns, names, rows)


def _of_categories(values: FloatArray | Labels, own: Indexed) -> bool:
    """Whether an outcome's answers or predictions are names or probabilities of them."""
    return isinstance(values, Labels) or any(c.category or isinstance(c.values, Labels) for c in own.values())


def _first_draws(own: Indexed) -> Indexed:
    """The first column sent of each model, condition and category: one draw."""
    first: dict[tuple[str, str | None, str | None], int] = {}
    for j, column in own.items():
        first.setdefault((*column.group, column.category), j)
    return {j: own[j] for j in first.values()}


def _human(draft: Draft, single: Sequence[DraftColumn], arm: int) -> Source:
    n = draft.y[arm].shape[0]
    survey = draft.survey[arm] if draft.survey else None
    return Source(
        _rows([c.human[arm] for c in draft.columns], n),
        _rows([c.human[arm] for c in single], n),
        draft.y[arm],
        None if survey is None else survey.weight,
        None if survey is None else survey.cluster,
        draft.rows[arm],
    )


def _others(draft: Draft, single: Sequence[DraftColumn], pool: int) -> Source:
    m = draft.pools[pool]
    survey = draft.survey_llm_only[pool] if draft.survey_llm_only else None
    return Source(
        _rows([a for c in draft.columns if (a := c.llm_only[pool]) is not None], m),
        _rows([a for c in single if (a := c.llm_only[pool]) is not None], m),
        None,
        None if survey is None else survey.weight,
        None if survey is None else survey.cluster,
        draft.rows_llm_only[pool],
    )


def _rows(columns: Sequence[FloatArray], n: int) -> FloatArray:
    return np.array(columns, dtype=np.float64).reshape(len(columns), n)
