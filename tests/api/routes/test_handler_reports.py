"""Reports over HTTP: in a thread, charged, named where they cannot be made; JSON for who does not prefer one."""

from __future__ import annotations

import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.render import media
from service.api.render.media import REPORT_WORK
from service.api.render.report import reports
from service.api.settings import Settings
from service.web.access.key import new_key
from service.web.access.settings import AccessSettings
from tests.api.asking import is_problem, post
from tests.api.render.answering import BY_PATH
from tests.web.access.people import line
from tests.web.asgi import Answer

APP = create_service(Settings(), calibration_parts()).asgi
TYPES = ("text/html", "image/svg+xml")
PATHS = sorted(BY_PATH)


def asked(path: str, accept: str, query: str = "", app=APP, **headers: str) -> Answer:
    return post(BY_PATH[path].examples[0][1], f"{path}{query}", app, accept=accept, **headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["", "?validate_only=true"])
def test_every_path_has_a_page_and_a_figure(path: str, query: str) -> None:
    page, figure = (asked(path, accept, query) for accept in TYPES)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.body.startswith(b"<!doctype html>")
    assert (figure.status, figure.headers["content-type"]) == (200, "image/svg+xml")
    assert ET.fromstring(figure.body).tag.endswith("svg")
    for answer in (page, figure):
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("image/*", "image/svg+xml"),
        ("text/html;q=0.5, application/json", "application/json"),
    ],
)
def test_a_browser_gets_a_page_and_a_program_json(accept: str, given: str) -> None:
    assert asked("/v1/screenings", accept).headers["content-type"] == given


def test_a_small_request_s_report_is_made_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    where: list[str] = []

    def told(_report: str, _body: bytes) -> bytes:
        where.append(threading.current_thread().name)
        return b""

    monkeypatch.setattr(reports, "to_html", told)
    assert asked("/v1/track-records", "text/html").status == 200
    assert where[0].startswith("compute")


def test_a_report_costs_its_work(tmp_path: Path) -> None:
    key, file = new_key(), tmp_path / "keys.toml"
    file.write_text(line(key) + 'quotas.lab = "1e9/1000000"\n')
    app = create_service(Settings(access=AccessSettings(keys_file=str(file))), calibration_parts()).asgi

    def left(accept: str) -> float:
        answer = asked("/v1/track-records", accept, app=app, x_api_key=key)
        assert answer.status == 200
        return float(answer.headers["ratelimit"].partition(";t=")[0].removeprefix('"work-units";r='))

    first, second, third = left("application/json"), left("application/json"), left("image/svg+xml")
    assert second - third == pytest.approx(first - second + REPORT_WORK, rel=1e-3)


@pytest.mark.parametrize("accept", TYPES)
def test_without_the_extra_the_refusal_says_how_to_get_it(accept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "drawable", lambda: False)
    answer = asked("/v1/designs", accept)
    is_problem(answer, 406, "not_acceptable")
    assert answer.json["errors"][0]["hint"] == "pip install 'rectifier[reports]'"
    assert asked("/v1/designs", f"{accept}, application/json;q=0.1").status == 200


def test_what_cannot_be_given_is_told_with_all_that_can() -> None:
    answer = asked("/v1/calibrations", "image/png")
    is_problem(answer, 406, "not_acceptable")
    assert all(accept in answer.json["detail"] for accept in TYPES)


@pytest.mark.parametrize("accept", TYPES)
def test_a_refusal_stays_a_problem(accept: str) -> None:
    is_problem(post(b"{}", "/v1/calibrations", APP, accept=accept), 422, "missing_field")
