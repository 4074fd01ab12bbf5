from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.layouts.draft import Draft, finish, outcome_problems, value_problems
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.survey import SurveyRows
from service.calibration.layouts.terms import TermRows
from service.calibration.sample import Column, Sample
from tests.calibration.studies import problems, simulate

NAN = np.nan
Y = (np.array([1.0, 2.0, 4.0]), np.array([2.0, 5.0, 3.0, 3.0]))
F = DraftColumn(
    Column("f", "prediction", "m", pointer="/data/f"),
    (np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 3.0, 5.0])),
    (np.array([1.0, 5.0]), None),
)


def draft(*columns: DraftColumn, y: tuple[np.ndarray, ...] = Y) -> Draft:
    return Draft(("a", "b"), "independent", "y", y, columns, (2, 0), ("/data/arms/0/human", "/data/arms/1/human"))


def refused(of: Draft) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        finish(of)
    return problems(found.value)


def rows(sample: Sample) -> list[list[list[float]]]:
    return [s.c.tolist() for s in (*sample.human, *(s for s in sample.llm_only if s is not None))]


def test_a_sample_is_checked_frozen_and_complete() -> None:
    sample = finish(draft(F))
    assert [s.y.tolist() for s in sample.human] == [y.tolist() for y in Y]
    assert [s and s.c.tolist() for s in sample.llm_only] == [[[1.0, 5.0]], None]
    for array in (sample.human[0].y, sample.human[0].c, sample.llm_only[0].c):
        assert array.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            array[..., 0] = 9.0
    assert Y[0].flags.writeable
    assert [w.code for w in sample.warnings] == ["few_humans", "few_humans"]
    assert [w.pointer for w in sample.warnings] == ["/data/arms/0/human", "/data/arms/1/human"]


def test_ten_humans_are_not_few() -> None:
    assert simulate(1, (9,), 9).sample().warnings[0].code == "few_humans"
    assert simulate(1, (10,), 9).sample().warnings == ()


def test_without_columns_there_is_no_pool() -> None:
    sample = finish(draft())
    assert [s.c.shape for s in sample.human] == [(0, 3), (0, 4)]
    assert sample.llm_only == (None, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0], [("/x", "too_few_humans")]),
        ([3.0, 3.0, 3.0], [("/x", "no_variation")]),
        ([1e8, 1e8, 1e8 + 1e-8], [("/x", "no_variation")]),
        ([0.0, 0.0, 1e-71], [("/x", "no_variation")]),
        ([1.0, np.inf, -np.inf], [("/x/1", "not_finite"), ("/x/2", "not_finite")]),
        ([1e71, 2.0, -1e308], [("/x/0", "numeric_overflow"), ("/x/2", "numeric_overflow")]),
        ([1e70, 2.0, 5e-324], []),
    ],
)
def test_outcomes_that_cannot_be_analysed(values: list[float], expected: list[tuple[str, str]]) -> None:
    found = outcome_problems("a", np.array(values), "/x")
    assert [(p.pointer, p.code) for p in found] == expected
    assert all(p.detail and p.hint for p in found)


def test_details_never_show_the_values() -> None:
    found = outcome_problems("a", np.array([1.2345e99, 1.0, 2.0]), "/x")
    assert "1.2345" not in found[0].detail + found[0].hint


def test_missing_values_are_no_value_problem() -> None:
    assert value_problems(np.array([NAN, 1.0]), "/x") == []


def test_every_problem_is_listed_at_once() -> None:
    empty = replace(F, human=tuple(np.full_like(a, NAN) for a in F.human))
    found = refused(draft(empty, y=(Y[0][:2], np.full(4, 7.0))))
    assert found == [
        ("/data/arms/0/human", "too_few_humans"),
        ("/data/arms/1/human", "no_variation"),
        ("/data/f", "no_usable_answers"),
    ]


def test_missing_answers_and_a_known_mean_do_not_go_together() -> None:
    holed = replace(F, llm_only=(np.array([1.0, NAN]), None))
    known = replace(holed, column=replace(F.column, population_mean=2.0))
    assert refused(draft(known)) == [("/data/f", "unsupported_combination")]
    assert finish(draft(replace(F, column=known.column))).columns[0].population_mean == 2.0


HOLED = replace(
    F,
    human=(np.array([1.0, NAN, 3.0]), np.array([2.0, 4.0, NAN, 5.0])),
    llm_only=(np.array([NAN, 5.0]), None),
)


def test_one_fill_everywhere_and_a_refusal_column() -> None:
    sample = finish(draft(HOLED))
    mean = np.mean([1.0, 3.0, 2.0, 4.0, 5.0, 5.0])
    assert rows(sample) == [
        [[1.0, mean, 3.0], [0.0, 1.0, 0.0]],
        [[2.0, 4.0, mean, 5.0], [0.0, 0.0, 1.0, 0.0]],
        [[mean, 5.0], [1.0, 0.0]],
    ]
    first, refusal = sample.columns
    assert (first.n_missing_human, first.n_missing_llm_only) == ((1, 1), (1, 0))
    assert (refusal.name, refusal.kind, refusal.model) == ("f (no answer)", "refusal", "m")
    warned = [w for w in sample.warnings if w.code == "missing_llm_answers"]
    assert [(w.pointer, w.message.split()[0]) for w in warned] == [("/data/f", "3")]


def test_a_stated_fill_is_used() -> None:
    sample = finish(draft(replace(HOLED, fill=-7.0)))
    assert sample.human[0].c[0].tolist() == [1.0, -7.0, 3.0]
    assert sample.llm_only[0].c[0].tolist() == [-7.0, 5.0]


def test_llm_only_units_without_an_answer_that_every_human_has_are_left_out() -> None:
    sample = finish(draft(replace(F, llm_only=(np.array([1.0, NAN]), None))))
    assert [c.kind for c in sample.columns] == ["prediction"]
    assert sample.llm_only[0].c.tolist() == [[1.0]]
    assert sample.unanswered_by_chance == pytest.approx(2 / 5)
    assert [w.code for w in sample.warnings if w.code.startswith(("llm", "miss"))] == ["llm_only_left_out"]
    nobody = finish(draft(replace(F, llm_only=(np.array([NAN, NAN]), None))))
    assert nobody.llm_only == (None, None)
    assert finish(draft(F)).unanswered_by_chance == 1.0


def test_what_else_is_known_of_a_unit_goes_with_it() -> None:
    survey = SurveyRows(weight=np.array([1.0, 2.0]), cluster=np.array([3, 4]))
    human = tuple(SurveyRows(weight=np.ones(len(y)), cluster=np.arange(len(y))) for y in Y)
    sent = replace(
        draft(replace(F, llm_only=(np.array([NAN, 1.0]), None))),
        survey=human,
        survey_llm_only=(survey, SurveyRows(np.zeros(0), np.zeros(0, dtype=int))),
        rows=(np.arange(3), np.arange(3, 7)),
        rows_llm_only=(np.array([7, 8]), np.zeros(0, dtype=int)),
        term_rows=(TermRows(np.ones((1, 3))), TermRows(np.ones((1, 4)))),
        term_rows_llm_only=(TermRows(np.array([[5.0, 6.0]])), TermRows(np.zeros((1, 0)))),
    )
    only = finish(sent).llm_only[0]
    assert [only.weight.tolist(), only.cluster.tolist(), only.row.tolist(), only.x.tolist()] == [
        [2.0],
        [4],
        [8],
        [[6.0]],
    ]


def test_a_choice_set_is_left_out_whole() -> None:
    sent = replace(
        draft(replace(F, llm_only=(np.array([NAN, 1.0, 2.0, 3.0]), None))),
        pools=(4, 0),
        term_rows=(TermRows(np.ones((1, 3)), np.arange(3)), TermRows(np.ones((1, 4)), np.arange(4))),
        term_rows_llm_only=(
            TermRows(np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([7, 7, 8, 8])),
            TermRows(np.zeros((1, 0)), np.zeros(0, dtype=int)),
        ),
    )
    assert finish(sent).llm_only[0].c.tolist() == [[2.0, 3.0]]


def test_a_frame_with_known_sampling_probabilities_keeps_all_of_its_units() -> None:
    sent = replace(
        draft(replace(F, llm_only=(np.array([1.0, NAN]), None))),
        survey=tuple(SurveyRows(sampling_probability=np.full(len(y), 0.5)) for y in Y),
        survey_llm_only=(SurveyRows(), SurveyRows()),
    )
    assert finish(sent).llm_only[0].n == 2


def test_complete_columns_get_no_refusal_column() -> None:
    assert [c.kind for c in finish(draft(F)).columns] == ["prediction"]


@pytest.mark.parametrize("level", [1e8, -1e8])
def test_a_level_that_dwarfs_the_spread_is_held_apart(level: float) -> None:
    """The values are kept exactly as deviations from one of them; ordinary data are kept as they are."""
    far = replace(
        F,
        human=tuple(a + level for a in F.human),
        llm_only=(F.llm_only[0] + level, None),
        column=replace(F.column, population_mean=level),
    )
    sample = finish(draft(far, y=tuple(y + level for y in Y)))
    assert (sample.origin, sample.columns[0].origin) == (1.0 + level, 1.0 + level)
    assert [s.y.tolist() for s in sample.human] == [(y - 1.0).tolist() for y in Y]
    assert sample.human[1].c.tolist() == [(F.human[1] - 1.0).tolist()]
    assert sample.llm_only[0].c.tolist() == [[0.0, 4.0]]
    near = finish(draft(F, y=tuple(y + 1000.0 for y in Y)))
    assert (near.origin, near.columns[0].origin) == (0.0, 0.0)
