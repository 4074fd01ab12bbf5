from __future__ import annotations

import numpy as np

from service.calibration.layouts.covariates import covariate_drafts, covariate_problems
from service.calibration.layouts.labels import Labels, present
from service.calibration.layouts.rows import Rows

NAN = np.nan
ROWS = Rows(("a", "b"), "independent", (np.array([0, 1]), np.array([2])), (np.array([3, 4]), np.array([], dtype=int)))
JOB = Labels(np.array([2, 0, 1, 2, 0]), ("nurse", "cook", "baker", "unused"))


def places(name: str, values: np.ndarray | Labels) -> list[tuple[str, str]]:
    return [(p.pointer, p.code) for p in covariate_problems(name, values, present(values) | True)]


def test_complete_covariates_have_no_problems() -> None:
    assert places("age", np.array([1.0, -2.0, 0.0])) == []
    assert places("job", JOB) == []


def test_every_missing_entry_is_named_by_its_place() -> None:
    assert places("age", np.array([1.0, NAN, 2.0, NAN])) == [
        ("/data/covariates/age/1", "missing_covariate"),
        ("/data/covariates/age/3", "missing_covariate"),
    ]
    assert places("a/b", Labels(np.array([0, -1]), ("x",))) == [("/data/covariates/a~1b/1", "missing_covariate")]


def test_entries_that_are_not_needed_may_be_missing() -> None:
    needed = np.array([True, True, False, False])
    found = covariate_problems("age", np.array([1.0, NAN, 2.0, NAN]), needed)
    assert [p.pointer for p in found] == ["/data/covariates/age/1"]


def test_infinite_and_overflowing_numbers_are_refused() -> None:
    assert places("age", np.array([np.inf, 1e80, NAN])) == [
        ("/data/covariates/age/0", "not_finite"),
        ("/data/covariates/age/1", "numeric_overflow"),
        ("/data/covariates/age/2", "missing_covariate"),
    ]


def test_at_most_so_many_are_listed() -> None:
    assert 0 < len(places("age", np.full(5000, NAN))) < 5000


def test_a_number_is_one_column_by_arm_and_pool() -> None:
    (found,) = covariate_drafts([("age", np.arange(5.0))], ROWS, ())
    assert (found.column.name, found.column.kind, found.column.pointer) == ("age", "covariate", "/data/covariates/age")
    assert [v.tolist() for v in found.human] == [[0.0, 1.0], [2.0]]
    assert found.llm_only[0].tolist() == [3.0, 4.0]
    assert found.llm_only[1] is None


def test_names_are_indicators_of_their_levels_in_order_but_the_first() -> None:
    """baker < cook < nurse: columns for cook and nurse, by number and never by the people's words."""
    found = covariate_drafts([("job", JOB)], ROWS, ())
    assert [d.column.name for d in found] == ["job (level 2)", "job (level 3)"]
    whole = [np.concatenate([*d.human, d.llm_only[0]]).tolist() for d in found]
    assert whole == [[0, 0, 1, 0, 0], [0, 1, 0, 0, 1]]


def test_the_terms_of_a_model_are_no_columns() -> None:
    covariates = [("age", np.arange(5.0)), ("job", JOB), ("size", np.ones(5))]
    assert [d.column.name for d in covariate_drafts(covariates, ROWS, {"job", "age"})] == ["size"]
