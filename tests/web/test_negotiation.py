from __future__ import annotations

import pytest

from service.web.negotiation import MAX_RANGES, acceptable, content_encoding, content_type
from service.web.problems import ProblemError

OFFERED = ("application/json", "text/html")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "text/html"),
        ("text/*", "text/html"),
        ("TEXT/HTML;charset=utf-8", "text/html"),
        ("application/json;q=0.5, text/html", "text/html"),
        ("text/html, */*", "application/json"),
        ("text/html, */*;q=0.9", "text/html"),
        ("text/html;q=0, */*", "application/json"),
        ("application/json;q=oops, text/html", "text/html"),
        (",,text/html,", "text/html"),
    ],
)
def test_the_client_gets_what_it_likes_best(accept: str | None, chosen: str) -> None:
    assert acceptable(accept, OFFERED) == chosen


@pytest.mark.parametrize("accept", ["image/png", "*/*;q=0", "application/xml, image/*", "json", "text/html;q=0"])
def test_nothing_acceptable_is_refused(accept: str) -> None:
    with pytest.raises(ProblemError, match="not_acceptable"):
        acceptable(accept, OFFERED if accept != "text/html;q=0" else ("text/html",))


def test_only_so_many_ranges_are_looked_at() -> None:
    ranges = ",".join(f"a/b{i}" for i in range(MAX_RANGES - 1))
    assert acceptable(f"{ranges},text/html", OFFERED) == "text/html"
    with pytest.raises(ProblemError, match="not_acceptable"):
        acceptable(f"{ranges},image/png,text/html", OFFERED)


@pytest.mark.parametrize("value", [None, "", "application/json", "APPLICATION/JSON ; charset=latin1"])
def test_json_and_no_type_at_all_are_read(value: str | None) -> None:
    assert content_type(value, ("application/json", "text/csv")) == "application/json"


def test_the_type_that_was_sent_is_told() -> None:
    assert content_type("Text/CSV; header=present", ("application/json", "text/csv")) == "text/csv"


@pytest.mark.parametrize("value", ["text/json", "application/jsonx", "application/json+x", "x"])
def test_other_types_are_refused_with_those_that_are_read(value: str) -> None:
    with pytest.raises(ProblemError, match="unsupported_media_type") as caught:
        content_type(value, ("application/json",))
    assert caught.value.headers == {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "identity"),
        ("", "identity"),
        ("Identity", "identity"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("Zstd", "zstd"),
    ],
)
def test_known_encodings(value: str | None, name: str) -> None:
    assert content_encoding(value) == name


@pytest.mark.parametrize("value", ["br", "gzip, gzip", "deflate", "zstd, gzip"])
def test_unknown_encodings_are_refused(value: str) -> None:
    with pytest.raises(ProblemError, match="unsupported_media_type") as caught:
        content_encoding(value)
    assert caught.value.headers == {"Accept-Encoding": "gzip, zstd, identity"}
