from __future__ import annotations

import io
import sys

import pytest

from service.api.commands.waiting import estimated, waiting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_written_without_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with waiting("loading") as tell:
        tell("computing")
    assert sys.stderr.getvalue() == ""


def test_at_a_terminal_it_says_what_is_going_on_and_leaves_nothing(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", Terminal())
    with waiting("loading") as tell:
        tell("computing")
    assert "loading" in sys.stderr.getvalue()
    assert sys.stderr.getvalue().endswith("\x1b[2K")


def test_the_spinner_is_of_letters_that_the_terminal_has(monkeypatch):
    class Latin(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stderr", Latin(raw, encoding="iso-8859-1", errors="backslashreplace"))
    with waiting("loading"):
        pass
    sys.stderr.flush()
    assert b"loading" in raw.getvalue()
    assert b"\\u28" not in raw.getvalue()


def test_without_rich_nothing_is_written(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with waiting("loading") as tell:
        tell("computing")
    assert sys.stderr.getvalue() == ""


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "computing"), (3.6, "computing, about 4 s of work")])
def test_long_work_is_estimated(seconds, text):
    assert estimated(seconds) == text
