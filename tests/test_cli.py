from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from service import cli


@pytest.mark.parametrize(
    ("arguments", "file"),
    [(["openapi"], "calibration"), (["openapi", "calibration"], "calibration"), (["openapi", "gateway"], "gateway")],
)
def test_openapi_prints_the_committed_document(
    arguments: list[str], file: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert cli.main(arguments) == 0
    assert capfdbinary.readouterr().out == Path(f"openapi/{file}.json").read_bytes()


def test_serve_and_demo_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.supervisor.supervise", lambda serve, host, port: (serve("socket"), host, port))
    monkeypatch.setattr("service.api.serving.serve", lambda listening: f"calibration at {listening}")
    monkeypatch.setattr("service.api.demo.demo", lambda: "shown")
    monkeypatch.setattr("service.gateway.serving.serve", lambda listening: f"gateway at {listening}")
    assert cli.main(["gateway"]) == ("gateway at socket", "127.0.0.1", 8001)
    assert cli.main(["serve"]) == ("calibration at socket", "127.0.0.1", 8000)
    assert cli.main(["serve", "--host", "::", "--port", "80"]) == ("calibration at socket", "::", 80)
    assert cli.main(["demo"]) == "shown"


@pytest.mark.parametrize("arguments", [[], ["calibrate"], ["serve", "--port", "x"]])
def test_a_wrong_command_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)
    assert "usage: rectifier" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["service.cli._parser", "service.api.commands.running.run_command"])
def test_an_interrupt_is_said_from_the_first_moment_on(
    place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place, stopped)
    assert cli.main(["design", "--costs", "human=1,llm=1"]) == 130
    assert capsys.readouterr().err == "rectifier design: stopped\n"


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"rectifier {version('rectifier')}\n"
