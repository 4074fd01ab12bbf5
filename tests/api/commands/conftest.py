from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from service import cli

TWINS = Path("service/api/workbench/twins.csv").resolve()


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str


Rectifier = Callable[..., Ran]


@pytest.fixture
def rectifier(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Rectifier:
    """The command in this process, its outputs read as of a pipe 110 columns wide."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: object) -> Ran:
        capfd.readouterr()
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = capfd.readouterr()
        return Ran(status, said.out, said.err)

    return run


@pytest.fixture
def twins() -> list[str]:
    """The bundled study with both predictions."""
    predictions = ("--prediction", "llm@control=llm_control", "--prediction", "llm@treatment=llm_treatment")
    return [str(TWINS), "--outcome", "trust", "--arm", "arm", *predictions]
