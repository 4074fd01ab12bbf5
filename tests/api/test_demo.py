from __future__ import annotations

import pytest

from service.api import demo


def test_the_demonstration_posts_the_example_and_ends_well(capfd: pytest.CaptureFixture[str]) -> None:
    assert demo.demo() == 0
    shown = capfd.readouterr().out
    assert "estimate" in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_a_refused_example_is_a_failure(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    post = demo.post
    monkeypatch.setattr(demo, "post", lambda url, _body: post(url, b"{}"))
    assert demo.demo() == 1
    assert "missing_field" in capfd.readouterr().err


def test_a_server_that_cannot_start_is_said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("RECTIFIER_THREADS", "none")
    assert demo.demo() == 1
    assert "status 2" in capfd.readouterr().err
