from __future__ import annotations

from contextlib import suppress

import pytest

from service.gateway.places import Places
from service.web.problems import ProblemError


def test_a_place_is_taken_told_and_given_back_whatever_happens() -> None:
    told: list[int] = []
    places = Places(1, "runs", 5, told.append)
    with suppress(RuntimeError), places.one():
        assert places.full()
        raise RuntimeError
    assert (places.taken, told) == (0, [1, 0])
    places.refuse_when_full()


def test_beyond_them_a_503_says_when_to_come_again() -> None:
    places = Places(1, "plans", 7)
    with places.one():
        with pytest.raises(ProblemError) as refused, places.one():
            raise AssertionError("there is no second place")
        assert (refused.value.code, refused.value.headers) == ("overloaded", {"Retry-After": "7"})
        assert "As many plans" in refused.value.detail
        assert places.taken == 1
