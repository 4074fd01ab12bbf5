from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from service import cli
from service.api.commands.arguments import fill

HEAVY = ("numpy", "msgspec._core", "litestar", "rich", "scipy", "service.calibration", "service.api.routes")


@pytest.mark.parametrize("command", cli.COMPUTING)
def test_every_command_has_options_and_a_short_usage(command):
    parser = argparse.ArgumentParser()
    fill(command, parser)
    assert parser.format_usage().startswith(f"usage: rectifier {command} ")
    assert len(parser.format_usage()) <= 80
    assert {"json", "request"} <= {action.const for action in parser._actions}


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "x"])
def test_numbers_are_finite(text, capsys):
    parser = argparse.ArgumentParser()
    fill("calibrate", parser)
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["f.csv", f"--margin={text}"])
    assert f"--margin: {text!r} is not a number" in capsys.readouterr().err


@pytest.mark.parametrize("said", [["--weight=w", "--weight=age"], ["--confidence-level", ".9"] * 2])
def test_a_second_value_of_an_option_that_has_one_is_refused(said, capsys):
    parser = argparse.ArgumentParser()
    fill("calibrate", parser)
    parser.parse_args(["f.csv", "--outcome", "y", "--outcome", "z", "--weight", "w"])
    parser = argparse.ArgumentParser()
    fill("calibrate", parser)
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["f.csv", *said])
    assert f"{said[0].partition('=')[0]}: stands twice" in capsys.readouterr().err


@pytest.mark.parametrize("command", cli.COMPUTING)
def test_help_fits_a_terminal_of_80_columns(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    parser = argparse.ArgumentParser()
    fill(command, parser)
    assert [line for line in parser.format_help().splitlines() if len(line) > 80] == []


def test_options_that_exclude_each_other_are_refused(capsys):
    parser = argparse.ArgumentParser()
    fill("design", parser)
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["--budget", "3", "--standard-error", "1"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["calibrate", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    code = "import sys\nfrom service import cli\ntry: cli.main(sys.argv[1:])\nexcept SystemExit: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "service.cli" in loaded
    assert loaded & (set(HEAVY) - {"msgspec._core"}) == set()
