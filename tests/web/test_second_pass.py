from __future__ import annotations

import json

import pytest

from service.web.inspection import Inspection
from service.web.problems import FieldError, ProblemError
from service.web.second_pass import SecondPass
from service.web.strict_json import StrictDecoder
from tests.web.refusals import changed, refused
from tests.web.study import Study


def test_a_tree_that_fits_becomes_the_struct() -> None:
    study = SecondPass(Study).read(changed("/plan/replicates", 99.0))
    assert (study.data.arms[0].human, study.plan.replicates) == ([3, 4, 2.5], 99)


def test_problems_found_before_come_with_those_of_the_tree() -> None:
    before = Inspection()
    before.note(FieldError("", "ragged_row", "x", "y"))
    with pytest.raises(ProblemError) as caught:
        SecondPass(Study).read(changed("/data/arms/0/human/1", "NA"), before)
    assert [e.code for e in caught.value.errors] == ["ragged_row", "r_na_string"]
    assert caught.value.total == 2


def test_the_place_of_a_failure_we_cannot_explain_comes_from_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.inspection.Inspection.visit", lambda *_, **__: None)
    problem = refused(changed("/data/arms/0/human/1", "Zaphod"))
    assert [(e.pointer, e.code) for e in problem.errors] == [("/data/arms/0/human/1", "wrong_type")]
    assert "Zaphod" not in problem.detail


@pytest.mark.parametrize(("word", "code"), [("summary", "unsupported_combination"), ("sumary", "unknown_value")])
def test_a_promised_word_is_told_from_an_unknown_one(word: str, code: str) -> None:
    decoder = StrictDecoder(Study, promised=("summary",))
    with pytest.raises(ProblemError) as caught:
        decoder.decode(json.dumps({"data": {"layout": word}}).encode())
    (error,) = caught.value.errors
    assert (error.pointer, error.code) == ("/data/layout", code)
    assert "arrays" in error.hint
