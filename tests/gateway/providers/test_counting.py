from __future__ import annotations

import pytest
from hypothesis import given

from service.gateway.providers.counting import Counts, usage_of
from service.gateway.providers.protocol import Usage
from service.gateway.providers.registry import CODECS
from tests.gateway.providers.recorded import JSON

COUNTS = Counts(("in", "written", "read"), ("out", "thought"), ("read",), ("details", "thought"), "total")
PLAIN = Counts(("in",), ("out",))


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"in": 10, "out": 5}, Usage(10, 0, 5, 0)),
        ({"in": 10, "written": 3, "read": 2, "out": 5, "thought": 4}, Usage(15, 2, 9, 0)),
        ({"in": 10, "thought": 4, "details": {"thought": 4}}, Usage(10, 0, 4, 4)),
        ({"in": 10, "out": 5, "total": 15}, Usage(10, 0, 5, 0)),
        ({"in": 10, "out": 5, "total": 300}, Usage(10, 0, 290, 0)),
        ({"in": 10, "out": 5, "total": 3}, Usage(10, 0, 5, 0)),
        ({"in": 10, "total": 10}, Usage(10, 0, 0, 0)),
        ({"in": 0, "out": 0}, Usage()),
        ({"in": 10, "out": 5, "read": "many", "details": []}, Usage(10, 0, 5, 0)),
    ],
)
def test_what_is_told_is_added_up(told: object, usage: Usage) -> None:
    assert usage_of(told, COUNTS) == usage


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        [],
        "usage",
        {"total": 99},
        {"in": 10},
        {"out": 5},
        {"read": 10, "out": 5},
        {"in": "10", "out": "5"},
        {"in": True, "out": 5},
        {"in": -1, "out": 5},
        {"in": 10, "out": -5},
        {"in": 10, "out": None},
        {"in": 10**30, "out": 5},
        {"in": 10, "total": 9},
    ],
)
def test_what_is_not_told_in_full_is_unknown(told: object) -> None:
    assert usage_of(told, COUNTS) is None


def test_a_wire_without_a_total_has_none() -> None:
    assert usage_of({"in": 10, "out": 5, "total": 300}, PLAIN) == Usage(10, 0, 5, 0)
    assert usage_of({"in": 10, "total": 300}, PLAIN) is None


@given(JSON)
def test_whatever_is_told_no_count_is_negative(told: object) -> None:
    for shape in (COUNTS, PLAIN):
        found = usage_of({"in": told, "out": told, "total": told, "details": told}, shape)
        assert found is None or min(found.input, found.cached_input, found.output, found.reasoning) >= 0
        usage_of(told, shape)


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_every_codec_reads_its_usage_here(codec: str) -> None:
    module = __import__(type(CODECS[codec]).__module__, fromlist=["_COUNTS"])
    assert isinstance(module._COUNTS, Counts)
