from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.terms import TermRows, constant_terms, term_problems, terms_of, used
from service.calibration.plan import Model
from service.calibration.sample import Term

JOB = Labels(np.array([2, 0, 1, 2]), ("nurse", "cook", "baker", "unused"))
COVARIATES = [
    ("age", np.array([30.0, 40.0, 50.0, 60.0])),
    ("job", JOB),
    ("task", np.array([7.0, 7.0, 3.0, 3.0])),
    ("task by name", Labels(np.array([1, 1, 0, 0]), ("one", "two"))),
]


def test_terms_and_the_choice_set_are_used() -> None:
    assert used(None) == frozenset()
    assert used(Model()) == frozenset()
    assert used(Model(("age", "job"))) == {"age", "job"}
    assert used(Model(("age",), choice_set="task")) == {"age", "task"}


def test_numbers_are_terms_as_they_are() -> None:
    terms, rows = terms_of(COVARIATES, Model(("task", "age")), 4)
    assert terms == (Term("task"), Term("age"))
    assert rows.x.tolist() == [[7, 7, 3, 3], [30, 40, 50, 60]]
    assert rows.choice_set is None


def test_names_are_indicators_of_all_levels_but_the_first_in_order() -> None:
    terms, rows = terms_of(COVARIATES, Model(("job", "age")), 4)
    assert [(t.name, t.baseline) for t in terms] == [
        ("job=cook", "job=baker"),
        ("job=nurse", "job=baker"),
        ("age", None),
    ]
    assert rows.x[:2].tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]


def test_a_baseline_is_the_level_that_is_left_out() -> None:
    terms, rows = terms_of(COVARIATES, Model(("job",), baselines={"job": "nurse"}), 4)
    assert [(t.level, t.baseline_level) for t in terms] == [("baker", "nurse"), ("cook", "nurse")]
    assert rows.x.tolist() == [[1, 0, 0, 1], [0, 0, 1, 0]]


@pytest.mark.parametrize("name", ["task", "task by name"])
def test_choice_sets_are_codes_whether_named_or_numbered(name: str) -> None:
    _, rows = terms_of(COVARIATES, Model(("age",), choice_set=name), 4)
    sets = rows.choice_set
    assert sets[0] == sets[1] != sets[2] == sets[3]
    assert sorted(set(sets.tolist())) == [0, 1]


def test_without_terms_there_are_no_rows_but_units() -> None:
    terms, rows = terms_of(COVARIATES, Model(), 4)
    assert (terms, rows.x.shape) == ((), (0, 4))


def test_rows_of_some_units() -> None:
    rows = TermRows(np.arange(6.0).reshape(2, 3), np.array([5, 5, 6]))
    found = rows.of(np.array([2, 0]))
    assert found.x.tolist() == [[2, 0], [5, 3]]
    assert found.x.flags.c_contiguous
    assert found.choice_set.tolist() == [6, 5]
    assert TermRows(rows.x).of(np.array([1])).choice_set is None


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (None, []),
        (Model(("age", "job"), choice_set="task", baselines={"job": "cook"}), []),
        (Model(("age", "Age")), [("terms/1", "unknown_term")]),
        (Model(("Age",), called="with"), [("with", "unknown_term")]),
        (Model(("age",), choice_set="round"), [("choice_set", "unknown_term")]),
        (Model(("age", "job", "age")), [("terms/2", "duplicate_term")]),
        (Model(("age", "task"), choice_set="task"), [("terms/1", "duplicate_term")]),
        (Model(("job",), baselines={"job": "unused"}), [("baselines/job", "unknown_baseline")]),
        (Model(("job",), baselines={"job": "pilot"}), [("baselines/job", "unknown_baseline")]),
        (Model(("age",), baselines={"age": "30"}), [("baselines/age", "unknown_baseline")]),
        (Model(("age",), baselines={"job": "cook"}), [("baselines/job", "unknown_baseline")]),
        (Model(("age",), baselines={"a/b": "x"}), [("baselines/a~1b", "unknown_baseline")]),
    ],
)
def test_names_that_mean_nothing_are_refused_where_they_stand(
    model: Model | None, expected: list[tuple[str, str]]
) -> None:
    found = [(p.pointer, p.code) for p in term_problems(COVARIATES, model)]
    assert found == [(f"/plan/estimand/{place}", code) for place, code in expected]


def test_the_refusal_tells_a_wrong_term_from_a_wrong_level() -> None:
    (level,) = term_problems(COVARIATES, Model(("job",), baselines={"job": "pilot"}))
    (term,) = term_problems(COVARIATES, Model(("age",), baselines={"job": "cook"}))
    assert (level.detail, term.detail) == ("no term of names has this level", "no term has this name")


def test_terms_that_do_not_vary_among_the_humans_are_refused_once_per_covariate() -> None:
    model = Model(("age", "job"))
    terms = (Term("age"), Term("job", "cook", "baker"), Term("job", "nurse", "baker"))
    first, second = np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]), np.array([[2.0], [0.0], [0.0]])
    found = constant_terms(terms, [first, second], model)
    assert [(p.pointer, p.code) for p in found] == [("/plan/estimand/terms/1", "constant_term")]
    assert constant_terms(terms[:1], [first[:1], second[:1]], model) == []  # it varies between the arms
    assert len(constant_terms(terms[:1], [first[:1]], model)) == 1
    assert constant_terms((), [], Model()) == []
    assert constant_terms(terms[:1], [first[:1, :0]], model) == []  # a subgroup without a human has other problems


def test_interactions_pair_two_terms_that_are_listed_once() -> None:
    def found(*pairs: tuple[str, str], terms: tuple[str, ...] = ("job", "task by name")) -> list[tuple[str, str]]:
        model = Model(terms, interactions=pairs, called="attributes")
        return [(p.pointer.removeprefix("/plan/estimand/"), p.code) for p in term_problems(COVARIATES, model)]

    assert found(("job", "task by name")) == []
    assert found(("job", "age"), ("job", "job"), ("task by name", "job"), ("job", "task by name")) == [
        ("interactions/0/1", "unknown_attribute"),
        ("interactions/1", "interaction_with_itself"),
        ("interactions/3", "duplicate_interaction"),
    ]
    assert found(terms=("job", "nothing", "job")) == [
        ("attributes/1", "unknown_term"),
        ("attributes/2", "duplicate_term"),
    ]
