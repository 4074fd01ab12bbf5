from __future__ import annotations

import json

import msgspec
import pytest

from service.web.problems import Entry, FieldError, ProblemError, document, from_errors, read_catalogue, web_catalogue

CATALOGUE = {"teapot": Entry("teapot", 418, "A teapot", "It is one.", "Pour tea.")}


def test_a_document_has_the_members_of_the_standard_and_ours() -> None:
    status, body = document(
        ProblemError("teapot", "Short and stout.", [FieldError("/a", "b", "c", "d")]), CATALOGUE, "id-1"
    )
    assert status == 418
    assert json.loads(body) == {
        "type": "/v1/problems/teapot",
        "title": "A teapot",
        "status": 418,
        "detail": "Short and stout.",
        "instance": "id-1",
        "code": "teapot",
        "errors": [{"pointer": "/a", "code": "b", "detail": "c", "hint": "d"}],
        "errors_total": 1,
    }


def test_an_unlisted_code_and_a_warning_are_still_answered() -> None:
    status, body = document(ProblemError("not_listed", ""), CATALOGUE, "")
    assert (status, json.loads(body)["title"]) == (422, "Not listed")
    status, _ = document(ProblemError("doubt", ""), {"doubt": Entry("doubt", None, "a", "b", "c")}, "")
    assert status == 422


def test_a_hundred_errors_are_shown_and_all_counted() -> None:
    _, body = document(from_errors([FieldError("/a", "b", "c")] * 150), CATALOGUE, "")
    assert (len(json.loads(body)["errors"]), json.loads(body)["errors_total"]) == (100, 150)


def test_one_error_speaks_for_itself_and_several_share_their_code_if_they_can() -> None:
    one, other = FieldError("/a", "x", "seen", "do"), FieldError("/b", "y", "too", "do")
    assert (from_errors([one]).code, from_errors([one]).detail) == ("x", "seen")
    assert from_errors([one, one]).code == "x"
    assert (from_errors([one, other]).code, from_errors([one, other]).detail[:10]) == ("invalid_request", "2 problems")


def test_the_catalogue_is_read_strictly() -> None:
    good = '[a]\ntitle = "t"\nmeaning = "m"\naction = "x"\n'
    assert read_catalogue(good)["a"] == Entry("a", None, "t", "m", "x")
    with pytest.raises(msgspec.ValidationError):
        read_catalogue(good.replace("title", "tilte"))
    with pytest.raises(ValueError, match="a"):
        read_catalogue(good + good)


def test_the_shared_catalogue_has_errors_only() -> None:
    assert len(web_catalogue()) > 30
    assert all(entry.status for entry in web_catalogue().values())
