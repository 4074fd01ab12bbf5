from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from service.api.commands import running
from service.api.render.media import CSV, forms
from service.api.routes.calibrations import calibrations

LONG = ("--interval", "randomization", "--replicates", "10000", "--no-work-limit")
EXCHANGEABLE = ("--identification", "exchangeability")


def test_an_answer_is_shown_with_all_that_belongs_to_it(rectifier, twins):
    ran = rectifier("calibrate", *twins, *EXCHANGEABLE)
    assert (ran.status, ran.err) == (0, "")
    for part in (
        "calibrated",
        "human only",
        "LLM only",
        "0.7027",
        "0.3476 to 1.058",
        "222.1",
        "llm_used",
        "confirmatory",
    ):
        assert part in ran.out
    for heading in ("Arms", "Assumptions", "For your methods section"):
        assert f"\n{heading}\n" in ran.out
    assert "\x1b" not in ran.out
    assert all(line == line.rstrip() for line in ran.out.splitlines())


def test_a_printed_request_gets_the_same_answer_and_csv_is_made_of_it(rectifier, twins, tmp_path):
    asked = rectifier("calibrate", *twins, *EXCHANGEABLE, "--request")
    file = tmp_path / "request.json"
    file.write_text(asked.out)
    ran, again = rectifier("calibrate", *twins, *EXCHANGEABLE, "--json"), rectifier("calibrate", file, "--json")
    assert ran.status == again.status == 0
    assert ran.out == again.out
    path = calibrations()
    lines = rectifier("calibrate", *twins, *EXCHANGEABLE, "--csv")
    assert lines.out.encode() == forms(path.steps().answer, path.lines)[CSV].render(ran.out.encode())


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["calibrate"], 2, "FILE"),
        (["calibrate", "nowhere.csv", "--outcome", "y"], 2, "nowhere.csv: No such file"),
        (["design"], 2, "--costs human=5,llm=0.02"),
        (["track-record", "x.csv", "--csv"], 2, "--csv"),
        (["design", "--ppi-correlation", "2", "--costs", "human=1,llm=1,budget=9"], 1, "--ppi-correlation"),
        (["design", "--costs", "human=1,llm=1", "--budget", "nan"], 2, "--budget"),
    ],
)
def test_what_is_wrong_goes_to_standard_error_with_its_status(rectifier, arguments, status, said):
    ran = rectifier(*arguments)
    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err


def test_a_program_gets_the_problem_document(rectifier, twins):
    ran = rectifier("calibrate", *twins, "--weight", "arm", "--json")
    problem = json.loads(ran.out)
    assert (ran.status, problem["status"]) == (1, 422)
    assert problem["code"] in ran.err
    assert problem["errors"][0]["hint"]


@pytest.mark.parametrize(
    ("closed", "status", "err"),
    [
        ("<&-", 2, "rectifier calibrate: standard input is closed\n"),
        (">&-", 2, "rectifier calibrate: standard output is closed\n"),
        ("2>&-", 2, ""),
    ],
)
def test_streams_that_are_closed_are_said(closed, status, err):
    command = f"{sys.executable} -m service.cli calibrate - --outcome y {closed}"
    done = subprocess.run(["bash", "-c", command], input="", capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", err)


def test_a_whole_request_takes_no_options_of_its_own(rectifier, tmp_path):
    file = tmp_path / "r.json"
    file.write_text('{"data": {"layout": "arrays", "arms": []}}')
    ran = rectifier("calibrate", file, "--outcome", "y")
    assert ran.status == 2
    assert "leave out --outcome" in ran.err
    assert "leave out --null-value, --seed" in rectifier("calibrate", file, "--null-value", "0", "--seed", "0").err
    assert rectifier("calibrate", file).status == 1


def test_names_are_shown_and_not_obeyed(rectifier, tmp_path):
    file = tmp_path / "t.csv"
    rows = [f"{k % 5},{k % 4},\x1b[2J{'ab'[k % 2]}" for k in range(40)]
    file.write_text("\n".join(["y,gpt,arm", *rows]) + "\n")
    said = (file, "--outcome", "y", "--arm", "arm", "--prediction", "gpt=gpt")
    ran = rectifier("calibrate", *said)
    assert ran.status == 0, ran.err
    assert " [2Ja" in ran.out
    assert "\x1b" not in ran.out
    refused = rectifier("calibrate", *said, "--control", "\x1b[2J")
    assert refused.status == 1
    assert "\x1b" not in refused.err


def test_standard_input_is_read(rectifier, twins, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path(twins[0]).read_bytes())))
    ran = rectifier("calibrate", "-", *twins[1:], "--json")
    assert ran.out == rectifier("calibrate", *twins, "--json").out


def test_without_rich_the_other_outputs_work(rectifier, twins, monkeypatch):
    monkeypatch.setattr(running, "find_spec", lambda name: None if name == "rich" else find_spec(name))
    assert rectifier("calibrate", *twins).err == f"rectifier calibrate: {running.NO_RICH}\n"
    assert rectifier("calibrate", *twins, "--json").status == 0


def test_files_of_report_and_figure_are_written(rectifier, twins, tmp_path):
    report, figure = tmp_path / "r.html", tmp_path / "f.svg"
    assert rectifier("calibrate", *twins, "--report", report, "--figure", figure).status == 0
    assert b"<html" in report.read_bytes()
    assert b"<svg" in figure.read_bytes()
    ran = rectifier("calibrate", *twins, "--report", tmp_path / "no" / "r.html")
    assert (ran.status, ran.out) == (2, "")
    assert "No such file" in ran.err


def to_the_end(terminal: int) -> bytes:
    """What a terminal still shows after its program has ended."""
    found = b""
    with contextlib.suppress(OSError):  # nobody is at the other end any more
        while part := os.read(terminal, 1 << 16):
            found += part
    os.close(terminal)
    return found


@pytest.fixture
def interrupts() -> Iterator[None]:
    """A shell's background work ignores interrupts, and what it starts inherits that; not what a terminal starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_at_a_terminal_ends_the_work_and_leaves_a_clean_line(twins, tmp_path):
    """The study, three hundred times, dealt anew ten thousand times, keeps a computer busy for minutes."""
    header, *rows = Path(twins[0]).read_text().splitlines()
    large = tmp_path / "large.csv"
    large.write_text("\n".join([header, *rows * 300]) + "\n")
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "service.cli", "calibrate", str(large), *twins[1:], *LONG]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=end) as process:
        os.close(end)
        seen = b""
        while b"computing" not in seen:
            seen += os.read(terminal, 1 << 16)
        process.send_signal(signal.SIGINT)
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
        rest = to_the_end(terminal)
    assert (process.returncode, out) == (130, b"")
    assert rest.endswith(b"stopped\r\n")
    assert b"\x1b[?25h" in rest  # the cursor is shown again


def test_a_reader_that_has_enough_is_no_error(twins):
    command = f"{sys.executable} -m service.cli calibrate {' '.join(twins)} --request | head -c 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{", b"")


def test_output_that_cannot_be_written_is_said(twins):
    command = [sys.executable, "-m", "service.cli", "calibrate", *twins, "--json"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (2, b"rectifier calibrate: standard output: No space left on device\n")
