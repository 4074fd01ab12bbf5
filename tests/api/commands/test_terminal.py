from __future__ import annotations

import io

import pytest
from rich.text import Text

from service.api.commands.terminal import PIPED_WIDTH, console_on, show, tame


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_pipe_gets_plain_text_of_a_fixed_width_without_blanks_at_ends():
    out = io.StringIO()
    show([Text("a" + " " * 9), Text("word " * 40, "bold red")], out)
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().startswith("a\n")
    assert PIPED_WIDTH - 5 <= max(map(len, out.getvalue().splitlines())) <= PIPED_WIDTH


def test_a_terminal_gets_colours_unless_it_wants_none(monkeypatch):
    coloured, plain = Terminal(), Terminal()
    show([Text("a", "bold red")], coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    show([Text("a", "bold red")], plain)
    assert "\x1b[" in coloured.getvalue()
    assert plain.getvalue() == "a\n"


def test_an_answer_is_tamed_wherever_it_has_text():
    assert tame({"a\x1b": ["b\x07", 1.5, None, {"c": True}]}) == {"a ": ["b ", 1.5, None, {"c": True}]}


def test_columns_of_the_environment_are_kept(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert console_on(io.StringIO()).width == 60


def test_letters_that_a_stream_cannot_write_are_replaced():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    show([Text("naïve")], out)
    out.flush()
    assert raw.getvalue() == b"na?ve\n"
