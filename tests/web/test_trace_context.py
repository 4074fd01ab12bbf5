from __future__ import annotations

import pytest

from service.web.trace_context import TraceParent, parse

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_trace_is_read_and_written() -> None:
    found = parse(f"00-{TRACE}-{SPAN}-01".encode())
    assert found == TraceParent(TRACE, SPAN, "01")
    assert found.header() == f"00-{TRACE}-{SPAN}-01".encode()


def test_a_later_version_is_read_as_this_one() -> None:
    assert parse(f"cc-{TRACE}-{SPAN}-03".encode()) == TraceParent(TRACE, SPAN, "03")
    assert parse(f"cc-{TRACE}-{SPAN}-03-what-the-future-brings".encode()) == TraceParent(TRACE, SPAN, "03")


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"cc-{TRACE}-{SPAN}-01more",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_what_breaks_the_rules_is_as_if_it_had_not_come(value: str) -> None:
    assert parse(value.encode()) is None
    assert parse(None) is None
