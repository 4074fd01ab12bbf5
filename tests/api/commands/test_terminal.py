from __future__ import annotations

import io
import re

import pytest
from rich.text import Text

from service.api.commands.shown.parts import plain_table
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


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_no_number_is_cut_and_no_name_and_only_tables_are_wider(kind, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    table = plain_table("name", "a", "b", "c", numbers=(1, 2, 3))
    numbers = ("-1,234,567 to 1,234,567", "4,243,100", "232.5")
    table.add_row("averylongnamewithoutblanks", *numbers)
    out = kind()
    show([table, Text("word " * 40)], out)
    lines = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).splitlines()]
    assert all(number in lines[2] for number in numbers)
    assert "".join(line.split()[0] for line in lines[2:5]) == "averylongnamewithoutblanks"
    assert max(len(line) for line in lines if line.startswith("word")) <= 40


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
