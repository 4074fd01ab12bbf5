from __future__ import annotations

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.layouts.categories import MOST_CATEGORIES, Answers, Categories, agreed, codes, indicators
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table

NAN = np.nan


def labels(*names: str | None) -> Labels:
    known = sorted({n for n in names if n is not None})
    return Labels(np.array([-1 if n is None else known.index(n) for n in names]), tuple(known))


def found(asked: tuple[str, ...] | None, *columns, named=()) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    sent = [Answers(values, f"/c{i}") for i, values in enumerate(columns)]
    names, problems = agreed(Categories(asked), sent, list(named), "/place")
    return names, [(p.pointer, p.code) for p in problems]


def test_all_that_anybody_named_sorted() -> None:
    assert found(None, labels("no", "yes"), labels("maybe", None), named=[("never", "/n")]) == (
        ("maybe", "never", "no", "yes"), [],
    )  # fmt: skip


def test_whole_numbers_are_categories_in_the_order_of_their_values() -> None:
    assert found(None, np.array([10.0, 9.0, NAN, -1.0]), labels("2", "007")) == (("-1", "2", "007", "9", "10"), [])


@pytest.mark.parametrize("other", ["yes", "YES", " Yes "])
def test_names_that_differ_in_capitals_or_spaces_are_refused_where_nobody_listed_them(other: str) -> None:
    assert found(None, labels("No", "Yes"), labels("No", other))[1] == [("/place", "unlike_categories")]
    assert found(("No", "Yes", other), labels("No", "Yes"), labels("No", other))[1] == []
    assert found(None, labels("No", "Yes"), labels("Yes"))[1] == []


def test_an_llm_that_uses_other_words_than_humans_is_refused() -> None:
    truths, ones = labels("TRUE", "FALSE", None), labels("1", "0", "1")
    said = (PredictionColumn(ones, model="a"), PredictionColumn(truths, model="b"))
    table = Table((("y", truths),), said)
    with pytest.raises(InvalidSample) as refused:
        from_table(table, "error", Reading(Categories(), None))
    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/data/predictions/0/values", "unlike_categories")
    ]
    listed = Reading(Categories(("TRUE", "FALSE", "1", "0")), None)
    with pytest.raises(InvalidSample) as refused:
        from_table(table, "error", listed)
    assert "unlike_categories" not in {p.code for p in refused.value.problems}


def test_a_number_may_be_too_long_to_be_one() -> None:
    assert found(None, labels("9" * 5000, "10", "9"))[0] == ("10", "9", "9" * 5000)


@pytest.mark.parametrize(
    ("asked", "columns", "expected"),
    [
        (None, [np.array([1.0, 2.5, np.inf, NAN])], [("/c0/1", "not_a_category"), ("/c0/2", "not_a_category")]),
        (None, [labels("a", "a")], [("/place", "too_few_categories")]),
        (None, [np.arange(MOST_CATEGORIES + 1.0)], [("/place", "too_many_categories")]),
        (("a", "b"), [labels("a", "c", None, "c")], [("/c0/1", "unknown_category"), ("/c0/3", "unknown_category")]),
        (("1", "2"), [np.array([1.0, 3.0])], [("/c0/1", "unknown_category")]),
        (("a", "b", "a"), [labels("a", "b")], [("/plan/estimand/categories/2", "duplicate_category")]),
    ],
)
def test_refusals(asked, columns, expected) -> None:
    assert found(asked, *columns)[1] == expected


def test_a_named_category_is_compared_with_the_plan() -> None:
    assert found(("a", "b"), labels("a"), named=[("b", "/n0"), ("c", "/n1")])[1] == [("/n1", "unknown_category")]


def test_codes_and_indicators() -> None:
    assert codes(np.array([3.0, NAN, 1.0]), ("1", "2", "3")).tolist() == [2, -1, 0]
    assert codes(labels("b", None), ("b", "a")).tolist() == [0, -1]
    assert np.nan_to_num(indicators(np.array([1, -1, 0]), 2), nan=9).tolist() == [[0, 9, 1], [1, 9, 0]]


SHARES = Table(
    (("choice", labels("a", "b", "c", "b", "a", "b", None, None)),),
    (PredictionColumn(labels("a", "b", "b", "b", "c", "a", "c", "a"), "gpt"),),
)


def test_one_sample_per_category_and_all_share_their_columns() -> None:
    samples = from_table(SHARES, reading=Reading(Categories()))
    assert [s.component for s in samples] == ["a", "b", "c"]
    assert [s.human[0].y.tolist() for s in samples] == [[1, 0, 0, 0, 1, 0], [0, 1, 0, 1, 0, 1], [0, 0, 1, 0, 0, 0]]
    assert [c.category for c in samples[0].columns] == ["b", "c"]
    assert samples[0].human[0].c.tolist() == [[0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 0]]
    assert all(s.human[0].c is samples[0].human[0].c for s in samples)
    assert samples[2].chosen[0].tolist() == [0, 1, 2, 1, 0, 1]
    assert [s.origin for s in samples] == [0.0] * 3


def test_a_category_nobody_chose_is_a_warning() -> None:
    asked = Categories(("a", "b", "c", "d"))
    samples = from_table(SHARES, reading=Reading(asked))
    assert [s.component for s in samples] == ["a", "b", "c", "d"]
    assert [w.code for w in samples[0].warnings] == ["few_humans", "category_not_chosen"]
    assert not samples[3].human[0].y.any()


def test_missing_choices_of_an_llm_get_one_refusal_column() -> None:
    asked = Table(SHARES.outcomes, (PredictionColumn(labels("a", None, "b", "b", "c", "a", "c", None), "gpt"),))
    sample = from_table(asked, reading=Reading(Categories()))[0]
    assert [(c.kind, c.category) for c in sample.columns] == [
        ("prediction", "b"), ("refusal", None), ("prediction", "c"),
    ]  # fmt: skip
    assert [w.code for w in sample.warnings].count("missing_llm_answers") == 1
    assert sample.human[0].c[1].tolist() == [0, 1, 0, 0, 0, 0]


def test_too_few_humans_are_refused_all_the_same() -> None:
    few = Table((("choice", labels("a", "b", None)),), ())
    with pytest.raises(InvalidSample) as refused:
        from_table(few, reading=Reading(Categories()))
    assert [p.code for p in refused.value.problems] == ["too_few_humans"]


def test_problems_of_the_categories_of_every_outcome_come_together() -> None:
    whole = Labels(np.zeros(8, dtype=np.int64), ("a",))
    wrong = (np.array([0.5, 1, 2, 1, 1, 2, NAN, NAN]), whole)
    two = Table(
        (("share", wrong[0]), ("choice", SHARES.outcomes[0][1])),
        (PredictionColumn(np.full(8, 1.5), "gpt", outcome="choice", category="a"),),
    )
    with pytest.raises(InvalidSample) as refused:
        from_table(two, reading=Reading(Categories()))
    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/data/outcomes/share/0", "not_a_category"),
        *((f"/data/predictions/0/values/{i}", "not_a_probability") for i in range(8)),
    ]
