from __future__ import annotations

import pytest

from service.api.commands.requests.row_entries import columns_of, effect, entries
from service.api.commands.source import Source
from service.api.commands.usage import RefusedError, UsageError

SOURCE = Source("f.csv", b"name,h,p\na,0.5,\n,x,3\n", ("name", "h", "p"))


def test_columns_are_named_as_they_are_or_as_is_said():
    assert columns_of(SOURCE, ["human=h"], ("name", "human"), ("p",)) == {"name": "name", "human": "h", "p": "p"}
    assert columns_of(SOURCE, [], ("name",), ("q",)) == {"name": "name"}


@pytest.mark.parametrize(("renamed", "said"), [([], "human"), (["human=q"], "q"), (["q=h"], "q is not known")])
def test_columns_that_are_not_there_are_refused(renamed, said):
    with pytest.raises(UsageError, match=said):
        columns_of(SOURCE, renamed, ("name", "human"), ())


def test_columns_of_almost_these_names_are_proposed():
    source = Source("f.csv", b"", ("name", "LLM", "Human_SE", "x"))
    with pytest.raises(UsageError, match="such as --column llm=LLM --column human_se=Human_SE\n"):
        columns_of(source, [], ("name", "llm", "human_se"), ())


def test_rows_are_entries_with_numbers_where_they_are():
    found = entries(SOURCE, {"name": "name", "human": "h", "p": "p"})
    assert found == [{"name": "a", "human": 0.5, "p": None}, {"name": None, "human": "x", "p": 3}]
    assert effect({"human": 0.5, "human_se": None}, "human") == {"estimate": 0.5, "standard_error": None}
    assert effect({"human": None, "human_se": None}, "human") is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"name,h,p\na,1\n", "ragged_row"),
        (b"name,h,p\na,1e999,1\n", "numeric_overflow"),
        (b'name,h,p\n"a,1,1\n', "malformed_csv"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(body, code):
    with pytest.raises(RefusedError) as refused:
        entries(Source("f", body, SOURCE.header), {"name": "name", "human": "h"})
    assert refused.value.problem.code == code
