from __future__ import annotations

import json
import subprocess
import sys

import pytest

from service import cli
from service.api.commands.answering import answered
from service.api.commands.registry import COMMANDS
from service.api.commands.requests.document import Document
from service.api.commands.terminal import show


def test_a_command_starts_without_what_only_a_server_needs():
    code = "import sys, service.api.commands.answering, service.api.commands.registry; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "service.api.routes.calibrations" in loaded
    assert loaded & {"litestar", "prometheus_client", "uvicorn", "matplotlib", "jinja2", "scipy.stats"} == set()


def test_every_computing_command_is_registered():
    assert set(COMMANDS) == set(cli.COMPUTING)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_every_path_are_shown(name, capsys):
    command = COMMANDS[name]
    computation = command.computation()
    assert computation.examples
    for _, body in computation.examples:
        answer = json.loads(answered(computation, Document(body), unlimited=False, tell=str))
        show(command.shown()(answer), sys.stdout)
        out = capsys.readouterr().out
        assert "For your methods section" in out
        for warning in answer["warnings"]:
            assert warning["code"] in out
