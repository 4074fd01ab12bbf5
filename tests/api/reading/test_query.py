from __future__ import annotations

import pytest

from service.api.reading.query import read_query
from service.web.problems import ProblemError


def test_what_a_query_may_hold() -> None:
    assert not read_query(b"", ()).validate_only
    assert read_query(b"validate_only=TRUE", ()).validate_only
    query = read_query(b"plan=%7B%7D&data=%7B%22a%22%3A+%22%C3%A9%22%7D&validate_only=false", ("data", "plan"))
    assert query.parameters == {"plan": "{}", "data": '{"a": "é"}'}
    assert read_query("data=é".encode(), ("data",)).parameters == {"data": "é"}


@pytest.mark.parametrize(
    "query",
    [b"validate_only=1", b"plan={}", b"validate_only=true&validate_only=true", b"data=%ff", b"data=\xff", b"a=1&" * 30],
)
def test_everything_else_is_refused_and_not_repeated(query: bytes) -> None:
    with pytest.raises(ProblemError, match="unknown_parameter") as caught:
        read_query(query, ())
    assert "{}" not in caught.value.detail
