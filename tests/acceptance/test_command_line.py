"""The command line and a running service: the same bytes for the same request; refusals with their status."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.talk import post

ROOT = Path(__file__).parents[2]
FILES = "".join(re.findall(r"^cat > .*?\nEND\n", (ROOT / "docs/command_line.md").read_text(), re.DOTALL | re.MULTILINE))
TWINS = "twins.csv --outcome trust --arm arm --prediction g@control=llm_control --prediction g@treatment=llm_treatment"
ASKED = {
    "/v1/calibrations": f"rectifier calibrate {TWINS} --compare --costs human=5,llm=0.02",
    "/v1/diagnostics": f"rectifier diagnose {TWINS} --check leakage --seed 3",
    "/v1/designs": f"rectifier design {TWINS} --costs human=5,llm=0.02 --standard-error 0.1",
    "/v1/track-records": "rectifier track-record record.csv",
    "/v1/screenings": "rectifier screen hypotheses.csv --seed 1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files of docs/command_line.md, and the command on the path."""
    place = tmp_path_factory.mktemp("command_line")
    command = place / "bin" / "rectifier"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m service.cli "$@"\n')
    command.chmod(0o755)
    shutil.copy(ROOT / "service/api/workbench/twins.csv", place)
    run(place, FILES)
    return place


def run(folder: Path, block: str) -> subprocess.CompletedProcess[bytes]:
    given = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    environment = given | {"PATH": path, "PYTHONPATH": str(ROOT)}
    return subprocess.run(["bash", "-c", block], cwd=folder, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize(("path", "command"), ASKED.items())
def test_the_answer_is_a_running_services_byte_for_byte(server, folder, path, command):
    request, answer = run(folder, f"{command} --request"), run(folder, f"{command} --json")
    assert (request.stderr, answer.stderr) == (b"", b"")
    reply = post(server, request.stdout, path)
    assert (reply.status, reply.body) == (200, answer.stdout)


def test_a_refusal_is_told_by_rows_with_its_status(folder):
    (folder / "na.csv").write_text("arm,trust,gpt\na,3,2\nb,NA,4\n")
    done = run(folder, "rectifier calibrate na.csv --outcome trust --arm arm --prediction gpt=gpt")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"column trust, row 2 below the header" in done.stderr
