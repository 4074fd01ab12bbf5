from __future__ import annotations

from pathlib import Path

import pytest

from service import cli


def test_the_gateway_says_that_it_is_not_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["gateway", "--port", "1"]) == 2
    assert "not built yet" in capsys.readouterr().err


def test_openapi_prints_the_committed_document(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["openapi"]) == 0
    assert capfdbinary.readouterr().out == Path("openapi/calibration.json").read_bytes()


def test_serve_and_demo_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.api.serving.serve", lambda host, port: (host, port))
    monkeypatch.setattr("service.api.demo.demo", lambda: "shown")
    assert cli.main(["serve"]) == ("127.0.0.1", 8000)
    assert cli.main(["serve", "--host", "::", "--port", "80"]) == ("::", 80)
    assert cli.main(["demo"]) == "shown"


@pytest.mark.parametrize("arguments", [[], ["calibrate"], ["serve", "--port", "x"]])
def test_a_wrong_command_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)
    assert "usage: rectifier" in capsys.readouterr().err
