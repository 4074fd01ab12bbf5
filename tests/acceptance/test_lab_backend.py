"""The lab's back end of docs/recipes.md: jsPsych in a browser, keys, refusals, waiting, what a failed task says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import chromium
from tests.acceptance.conftest import Server
from tests.acceptance.node import MODULES, free_port
from tests.acceptance.recipes import KEY, RECIPES, http, keyed_service, run
from tests.clients.answering import Reply, answering

TOKEN = "a-token-of-the-lab"
SUMMARY = b'{"summary": {"estimate": 0.5}}'
SCRIPTS = {
    "jspsych.js": "jspsych/dist/index.browser.min.js",
    "jspsych.css": "jspsych/css/jspsych.css",
    "slider.js": "@jspsych/plugin-html-slider-response/dist/index.browser.min.js",
}
PERSON = {"subject": "p001", "condition": "treatment", "trust": 5.5}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with keyed_service(tmp_path_factory.mktemp("keys")) as running:
        yield running


@contextmanager
def lab(folder: Path, rectifier: str, key: str = KEY) -> Iterator[str]:
    """The lab's back end before a service; its address."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    scripts = folder / "jspsych"
    scripts.mkdir(exist_ok=True)
    for name, place in SCRIPTS.items():
        assert (MODULES / place).is_file(), f"{place} is not in RECTIFIER_NODE_MODULES: make test installs it"
        shutil.copy(MODULES / place, scripts / name)
    port = free_port()
    given = {"RECTIFIER_URL": rectifier, "RECTIFIER_KEY": key, "LAB_TOKEN": TOKEN, "PORT": str(port)}
    given |= {"RESPONSES": str(folder / "responses.jsonl"), "JSPSYCH": str(scripts)}
    command = [node, str(RECIPES / "lab_backend.mjs")]
    with subprocess.Popen(command, env=os.environ | given, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"http://127.0.0.1:{port}/\n"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def sent(url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """Status and body of a GET, or a POST of bytes."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def asked(url: str) -> tuple[int, bytes]:
    return sent(f"{url}/calibration", b"{}", Authorization=f"Bearer {TOKEN}")


def test_people_answer_in_a_browser_and_the_lab_asks(tmp_path: Path, keyed: Server) -> None:
    """jsPsych itself, clicked through; all others by fetch; then the calibration, with no key on any page."""
    with lab(tmp_path, http(keyed)) as url, chromium() as browser:
        page = browser.new_page()
        asked_for: list[str] = []
        page.on("request", lambda request: asked_for.append(request.url))
        page.goto(f"{url}/?subject=p001&condition=treatment")
        page.locator("input[type=range]").focus()
        page.keyboard.press("ArrowRight")
        chosen = float(page.locator("input[type=range]").input_value())
        page.get_by_role("button").click()
        page.get_by_text("Your answer was stored").wait_for()
        assert json.loads((tmp_path / "responses.jsonl").read_text()) == PERSON | {"trust": chosen}
        assert {address.rpartition("/")[0] for address in asked_for} <= {url, f"{url}/jspsych"}
        shown = b"".join(sent(address)[1] for address in asked_for if not address.endswith("/responses"))
        assert KEY.encode() not in shown
        assert TOKEN.encode() not in shown
        (tmp_path / "responses.jsonl").unlink()
        done = run("node", str(RECIPES / "participants.mjs"), url)
        assert done.stdout == "60 stored, 0 refused\n", done.stderr
        status, body = asked(url)
    assert status == 200
    assert json.loads(body)["summary"]["estimate"] == pytest.approx(0.55897937450285, rel=1e-9)


def table_of(predictions: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "predictions.csv").write_text(predictions)
    given = {"LAB_TOKEN": TOKEN, "PREDICTIONS": str(folder / "predictions.csv"), "PORT": "-1"}
    return run("node", str(RECIPES / "lab_backend.mjs"), **given)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("id,gpt_control\np1,1\n", "has no column gpt_treatment"),
        ("id,gpt_control,gpt_treatment\np1,1, x\n", "x is no number"),
        ("id,gpt_control,gpt_treatment\np1,1\n", "undefined is no number"),
        ("id,gpt_control,gpt_treatment\np1,1,2\np1,1,2\n", "an id stands twice"),
    ],
)
def test_predictions_that_would_be_read_wrongly_stop_the_start(tmp_path: Path, file: str, why: str) -> None:
    done = table_of(file, tmp_path)
    assert done.returncode == 1
    assert why in done.stderr


def test_predictions_are_found_by_the_names_of_their_columns(tmp_path: Path, keyed: Server, monkeypatch: Any) -> None:
    """As R writes them: in quotes, in another order; people come with the treatment first."""
    header, *lines = (RECIPES / "predictions.csv").read_text().splitlines()
    turned = [",".join(f'"{cell}"' for cell in reversed(line.split(","))) for line in (header, *lines)]
    (tmp_path / "predictions.csv").write_text("\n".join(turned))
    monkeypatch.setenv("PREDICTIONS", str(tmp_path / "predictions.csv"))
    people = [line.split(",") for line in (RECIPES / "people.csv").read_text().splitlines()[1:]]
    with lab(tmp_path, http(keyed)) as url:
        for subject, condition, trust in people[1:]:
            body = json.dumps({"subject": subject, "condition": condition, "trust": float(trust)}).encode()
            assert sent(f"{url}/responses", body)[0] == 204
        assert json.loads(asked(url)[1])["summary"]["estimate"] == pytest.approx(0.555, abs=5e-4)


def test_a_condition_is_drawn_and_what_was_not_stored_is_told(tmp_path: Path) -> None:
    """An address without a condition, as one link for everybody has it; then a back end that has gone away."""

    def answered(page: Any, address: str) -> None:
        page.goto(address)
        page.locator("input[type=range]").press("ArrowRight")

    with chromium() as browser:
        page = browser.new_page()
        with lab(tmp_path, "http://localhost:1") as url:
            answered(page, f"{url}/?subject=p002")
            wording = page.get_by_text("The city").text_content()
            page.get_by_role("button").click()
            page.get_by_text("Your answer was stored").wait_for()
            answered(page, f"{url}/?subject=p003")
        page.get_by_role("button").click()
        page.get_by_text("Not stored").wait_for()
    (stored,) = (json.loads(row) for row in (tmp_path / "responses.jsonl").read_text().splitlines())
    assert wording == f"The city {'publishes' if stored['condition'] == 'treatment' else 'signs'} its contracts."
    assert stored["subject"] == "p002"


def test_the_lab_counts_everybody_once_and_only_answers(tmp_path: Path, keyed: Server) -> None:
    with lab(tmp_path, http(keyed)) as url:
        answer = f"{url}/responses"
        told = [PERSON, PERSON | {"trust": 1}, [{"measure": "trust", "response": 3, **PERSON}]]
        assert [sent(answer, json.dumps(body).encode())[0] for body in told] == [204, 204, 204]
        wrong = ({"subject": "nobody"}, {"condition": "both"}, {"trust": 8}, {"trust": "5"}, {"trust": None})
        bad: list[Any] = [*(PERSON | part for part in wrong), [], [{}], 3]
        assert {sent(answer, json.dumps(body).encode())[0] for body in bad} == {422}
        assert {sent(answer, body)[0] for body in (b"{", b"null", b"[null]", b'"' + b"x" * 2_000_000 + b'"')} <= {400}
        outside = ("/jspsych/../people.csv", "/jspsych/%2e%2e%2fpeople.csv", "/jspsych/x")
        paths = ("/lab_backend.mjs", "/people.csv", *outside)
        assert {sent(url + path)[0] for path in paths} == {404}
        assert sent(f"{url}/calibration", b"{}")[0] == 401
        assert sent(f"{url}/calibration", b"{}", Authorization=f"Bearer {TOKEN}x")[0] == 401
        status, body = asked(url)
    assert status == 422  # one person is too few, and Rectifier says so
    assert json.loads(body)["errors"]
    people = (json.loads(row)["trust"] for row in (tmp_path / "responses.jsonl").read_text().splitlines())
    assert list(people) == [5.5, 1, 3]


def test_a_wrong_key_is_passed_on(tmp_path: Path, keyed: Server) -> None:
    with lab(tmp_path, http(keyed), key="wrong") as url:
        assert asked(url)[0] == 401


def test_the_lab_waits_for_a_busy_service_and_no_longer(tmp_path: Path) -> None:
    """503 with a short Retry-After is tried again; with a long one it is passed on; nobody there is 502."""
    busy = {"Retry-After": "1", "Content-Type": "application/problem+json"}
    with answering(Reply(503, b"{}", busy), Reply(200, SUMMARY)) as service, lab(tmp_path, service.url) as url:
        assert asked(url) == (200, SUMMARY)
        assert [given["x-api-key"] for given in service.asked] == [KEY, KEY]
    with answering(Reply(503, b"{}", busy | {"Retry-After": "30"})) as service, lab(tmp_path, service.url) as url:
        begun = time.monotonic()
        assert asked(url) == (503, b"{}")
        assert len(service.asked) == 1
        assert time.monotonic() - begun < 8
    date = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
    with answering(Reply(503, b"{}", date), Reply(200, SUMMARY)) as service, lab(tmp_path, service.url) as url:
        begun = time.monotonic()
        assert asked(url) == (200, SUMMARY)
        assert time.monotonic() - begun >= 1
    with lab(tmp_path, f"http://127.0.0.1:{free_port()}") as url:
        assert asked(url)[0] == 502


def test_a_failed_task_says_so(tmp_path: Path) -> None:
    problem = {"Content-Type": "application/problem+json", "Retry-After": "60"}
    with answering(Reply(204, b""), Reply(503, b'{"code": "overloaded"}', problem)) as service:
        (tmp_path / "people.csv").write_text("id,arm,trust\np001,treatment,5\n")
        command = (sys.executable, str(RECIPES / "qualtrics.py"), str(tmp_path / "people.csv"))
        done = run(*command, LAB_URL=service.url, LAB_TOKEN=TOKEN)
    assert done.returncode == 1
    assert "failed with 503 and will be tried again" in done.stderr
