from __future__ import annotations

import msgspec
import pytest

from service.api.reading.cells import Kind
from service.api.reading.table_file import TableFile
from service.api.reading.table_request import TableDecoder, beside
from service.web.problems import ProblemError
from tests.web.study import Study

TREE = {"data": {"layout": "table", "outcomes": {"trust": "y"}, "weight": "w"}}
WORDS = ("wrong_type", "No.", "Cast it.")
FILE = TableFile(("y", "w"), {("y", Kind.NUMBERS): [1.0, 2.0]}, {("w", Kind.NUMBERS): WORDS})
DECODER = TableDecoder(Study, (), lambda error: msgspec.structs.replace(error, hint="as told"))


def test_a_column_that_its_file_refuses_has_its_place() -> None:
    with pytest.raises(ProblemError) as caught:
        DECODER.decode({"data": dict(TREE["data"])}, lambda _wanted, _found: FILE, 9)
    (error,) = caught.value.errors
    assert (error.pointer, error.code, error.detail, error.hint) == ("/data/weight", *WORDS)


def test_refusals_of_entries_are_told_in_the_words_of_the_file() -> None:
    file = TableFile(("y",), {("y", Kind.NUMBERS): ["NA", 2.0]})
    with pytest.raises(ProblemError) as caught:
        DECODER.decode({"data": {"layout": "table", "outcomes": {"trust": "y"}}}, lambda _wanted, _found: file, 9)
    assert [(e.pointer, e.hint) for e in caught.value.errors] == [("/data/outcomes/trust/0", "as told")]


def test_plan_and_data_are_strict_json_and_the_refusal_says_which() -> None:
    assert beside({"plan": "{}", "other": "["}) == {"plan": {}}
    with pytest.raises(ProblemError) as caught:
        beside({"plan": '{"a": NaN}'}, "schema metadata")
    assert (caught.value.code, caught.value.detail[:26]) == ("nan_literal", "In the schema metadata pla")
