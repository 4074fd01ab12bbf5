"""The workbench in a browser: opened, filled, asked; what its tests share."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from tests.acceptance.conftest import Server
from tests.acceptance.talk import post

EXAMPLE = json.loads(files("service.api").joinpath("example.json").read_bytes())
PLAN = {name: EXAMPLE["plan"][name] for name in ("control", "identification")}
TWINS = files("service.api").joinpath("workbench", "twins.csv").read_text()


def example(page: Any, name: str = "twins") -> None:
    page.select_option("#example", name)
    page.click("#example-use")
    page.wait_for_selector("#plan-part:not([hidden])")


def upload(page: Any, text: str | bytes, name: str = "study.csv") -> None:
    content = text if isinstance(text, bytes) else text.encode()
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.wait_for_selector("#plan-part:not([hidden])")


def calibrated(page: Any) -> dict[str, Any]:
    """The answer, once the page shows it; with card and design."""
    page.click("#go")
    page.wait_for_selector("#card-body .headline")
    page.wait_for_selector("#frontier svg")
    return json.loads(saved(page, "#save-json"))


def saved(page: Any, button: str) -> bytes:
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_bytes()


def api(server: Server, body: Any, path: str = "/v1/calibrations", **headers: str) -> Any:
    reply = post(server, json.dumps(body).encode(), path, **headers)
    assert reply.status == 200, reply.body
    return reply


def wanted(server: Server, plan: Any = PLAN, data: Any = EXAMPLE["data"]) -> dict[str, Any]:
    return api(server, {"plan": plan, "data": data}).json


def numbers(answer: dict[str, Any]) -> Any:
    return answer["estimates"], answer["arms"], answer["assumptions"]
