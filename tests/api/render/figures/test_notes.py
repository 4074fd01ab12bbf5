from __future__ import annotations

from typing import Any

import pytest

from service.api.render.figures.drawing import Sheet
from service.api.render.figures.notes import Notes
from tests.api.render.answering import BY_PATH, answer
from tests.api.render.drawings import of, texts

WARNING = {"code": "few_humans", "message": "only 8", "pointer": "/data"}


def written(whole: dict[str, Any], *, embedded: bool = False) -> str:
    notes = Notes(whole, embedded=embedded)
    page = Sheet(notes.height + 10)
    notes.write(page, 0)
    return " ".join(texts(of(page)))


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_claim_warnings_and_build_stand_below_every_figure(path: str) -> None:
    whole = answer(path) | {"warnings": [WARNING, WARNING, WARNING | {"code": "other"}]}
    text = written(whole)
    assert "Warning few_humans (2 times): only 8" in text
    assert "Warning other: only 8" in text
    assert whole["passport"]["request_digest"] in text
    assert ("Claim: " in text) is (whole["passport"]["claim"] is not None)
    assert ("Verdict: llm used." in text) is (path == "/v1/calibrations")


def test_different_messages_of_a_warning_are_told_and_beyond_three_counted() -> None:
    text = written({"warnings": [WARNING | {"message": f"column {k}"} for k in range(5)]})
    assert "Warning few_humans (5 times): column 0; column 1; column 2; and 2 more" in text


def test_that_there_are_none_is_said_too() -> None:
    assert "No warnings." in written({"warnings": []})


def test_on_a_page_nothing_is_said_twice() -> None:
    whole = answer("/v1/calibrations")
    assert Notes(whole, embedded=True).height == 0
    assert written(whole, embedded=True) == ""
