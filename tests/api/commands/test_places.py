from __future__ import annotations

import pytest

from service.api.commands.places import place_of
from service.api.commands.requests.document import Document, Rows

TABLE = {
    "layout": "table",
    "prediction_design": "shared",
    "arm": "group",
    "outcomes": {"a/b": "trust"},
    "predictions": [{"arm": "x", "values": "gpt_x"}],
}


@pytest.mark.parametrize(
    ("pointer", "place", "row"),
    [
        ("/data/arm/3", "column group", 4),
        ("/data/arm", "column group", None),
        ("/data/outcomes/a~1b/0", "column trust", 1),
        ("/data/predictions/0/values/2", "column gpt_x", 3),
        ("/data/predictions/0/arm", "prediction 1, arm 'x'", None),
        ("/data/prediction_design", "data prediction_design", None),
        ("/data/predictions/7/values", "data predictions 7 values", None),
        ("/plan/estimator", "--estimator", None),
        ("/plan/costs/human", "--costs human", None),
        ("/plan/target/margins", "plan target margins", None),
        ("/costs/human", "--costs human", None),
        ("", "", None),
    ],
)
def test_a_pointer_is_told_as_column_row_or_option(pointer, place, row):
    options = ("estimator", "costs", "human")
    assert place_of(pointer, Document(b"", {"data": TABLE}), options) == (place, row)


def test_a_pilots_columns_are_found_with_and_without_the_basis():
    pilot = Document(b"", {"basis": {"kind": "pilot", "data": TABLE}})
    assert place_of("/basis/data/arm/3", pilot) == place_of("/data/arm/3", pilot) == ("column group", 4)


@pytest.mark.parametrize(
    ("pointer", "place", "row"),
    [
        ("/studies/1/human/standard_error", "column se", 5),
        ("/studies/1/llm", "llm", 5),
        ("/studies/1", "the row", 5),
        ("/studies/9/llm", "studies 9 llm", None),
        ("/studies", "studies", None),
        ("/new/llm", "new llm", None),
    ],
)
def test_entries_are_rows_of_the_file(pointer, place, row):
    rows = Rows("/studies", (2, 5), {"human/standard_error": "se"})
    assert place_of(pointer, Document(b"", {}, rows)) == (place, row)
