from __future__ import annotations

import io
import os
import pty
import sys

import pytest

from service.api.commands.complaint import complain, wrapped


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("short", "short"),
        ("a b c d e f g", "a b c d e\n  f g"),
        ("  in a b c d e", "  in a b c\n    d e"),
        ("  -> a b c d e", "  -> a b c\n     d e"),
        ("a-b-c-d-e-f-g-h", "a-b-c-d-e-f-g-h"),
        ("", ""),
    ],
)
def test_what_does_not_fit_stands_below_its_beginning(line, expected):
    assert wrapped(line, 10) == expected


def test_without_a_terminal_lines_stay_whole_and_nothing_is_obeyed(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    complain("rectifier x", f"\x1b]0;title\x07 {'word ' * 50}\n  second")
    written = sys.stderr.getvalue()
    assert written.startswith("rectifier x:  ]0;title  word word")
    assert written.endswith("\n  second\n")
    assert written.count("\n") == 2


@pytest.mark.parametrize(("columns", "widest"), [(40, 40), (300, 100), (0, None)])
def test_at_a_terminal_lines_are_as_wide_as_it_is(monkeypatch, columns, widest):
    main, terminal = pty.openpty()
    monkeypatch.setattr("os.get_terminal_size", lambda _fd: os.terminal_size((columns, 24)))
    with os.fdopen(terminal, "w") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        complain("rectifier x", "word " * 50)
        stream.flush()
        lines = os.read(main, 1 << 12).decode().splitlines()
    os.close(main)
    assert widest is None or widest - 10 < max(map(len, lines)) <= widest
    assert (len(lines) == 1) is (widest is None)
