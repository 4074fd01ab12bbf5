"""examples/recipes beyond what docs/recipes.md shows: real jsPsych in a browser, keys, refusals, limits, odd files."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from service.web.access.key import new_key
from tests.acceptance.browser import chromium
from tests.acceptance.conftest import Server, ready, start
from tests.acceptance.node import MODULES, free_port
from tests.acceptance.test_studies import post
from tests.clients.answering import Reply, answering
from tests.shape.sources import ROOT
from tests.web.access.people import line

RECIPES = ROOT / "examples/recipes"
KEY, TOKEN = new_key(), "a-token-of-the-lab"
SUMMARY = b'{"summary": {"estimate": 0.5}}'
SCRIPTS = {
    "jspsych.js": "jspsych/dist/index.browser.min.js",
    "jspsych.css": "jspsych/css/jspsych.css",
    "slider.js": "@jspsych/plugin-html-slider-response/dist/index.browser.min.js",
}
PERSON = {"subject": "p001", "condition": "treatment", "trust": 5.5}


def recipe(name: str) -> ModuleType:
    """A recipe as a module."""
    spec = importlib.util.spec_from_file_location(f"recipe_{name}", RECIPES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(file: str) -> list[dict[str, str]]:
    with (RECIPES / file).open(newline="", encoding="utf-8-sig") as opened:
        return list(csv.DictReader(opened))


def predictions() -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in rows("predictions.csv")}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | environment, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that asks for a key."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "keys.toml").write_text(line(KEY, "calibrate", "design"))
    running = start(folder / "stderr", RECTIFIER_KEYS_FILE=str(folder / "keys.toml"))
    ready(running)
    yield running
    assert running.stop() == 0, running.log.read_text()


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


def http(server: Server) -> str:
    return f"http://{server.host}:{server.port}"


def test_the_files_are_those_that_the_program_makes(tmp_path: Path) -> None:
    recipe("make_data").main(tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert made == {name: (RECIPES / name).read_bytes() for name in made}
    assert {file.name for file in RECIPES.glob("*.csv")} == set(made)


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


def test_the_lab_counts_everybody_once_and_only_answers(tmp_path: Path, server: Server) -> None:
    with lab(tmp_path, http(server)) as url:
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
    with lab(tmp_path, f"http://127.0.0.1:{free_port()}") as url:
        assert asked(url)[0] == 502


def test_a_task_of_qualtrics_stays_within_its_limits(server: Server) -> None:
    """10,000 people and as many personas: far below 10 seconds and 1 MB; the paths are flat; again is the same."""
    ready(server)
    units = 20_000
    values = [3 + math.sin(k) for k in range(units)]
    arm = [("control", "treatment")[k % 2] if k < units // 2 else None for k in range(units)]
    columns = [
        {"arm": name, "values": [round(v + d, 3) for v in values]} for d, name in enumerate(("control", "treatment"))
    ]
    trust = [round(v + math.cos(7 * k), 3) if k < units // 2 else None for k, v in enumerate(values)]
    data = {
        "layout": "table",
        "prediction_design": "shared",
        "arm": arm,
        "outcomes": {"y": trust},
        "predictions": columns,
    }
    begun = time.monotonic()
    first = post(server, "/v1/calibrations", {"plan": {"identification": "exchangeability"}, "data": data})
    seconds = time.monotonic() - begun
    assert seconds < 5
    assert len(json.dumps(first)) < 100_000
    qualtrics = recipe("qualtrics")
    found = {field: qualtrics.at(path, first) for field, path in qualtrics.FIELDS.items()}
    assert all(isinstance(value, str | float) for value in found.values()), found
    assert post(server, "/v1/calibrations", {"plan": {"identification": "exchangeability"}, "data": data}) == first


def test_a_failed_task_says_so(tmp_path: Path) -> None:
    problem = {"Content-Type": "application/problem+json", "Retry-After": "60"}
    with answering(Reply(204, b""), Reply(503, b'{"code": "overloaded"}', problem)) as service:
        (tmp_path / "people.csv").write_text("id,arm,trust\np001,treatment,5\n")
        command = (sys.executable, str(RECIPES / "qualtrics.py"), str(tmp_path / "people.csv"))
        done = run(*command, LAB_URL=service.url, LAB_TOKEN=TOKEN)
    assert done.returncode == 1
    assert "failed with 503 and will be tried again" in done.stderr


def test_otree_leaves_out_who_was_not_asked() -> None:
    export = rows("otree.csv")
    left = [row["participant.label"] for row in export if row["trust.1.player.trust"] == ""]
    assert left == ["p900", "p901"]
    robot = export[0] | {"participant.label": "x100", "participant._is_bot": "1"}
    demo = export[0] | {"participant.label": "x101", "session.is_demo": "1"}
    away = export[0] | {"participant.label": "x102", "trust.1.player.trust": ""}
    data = recipe("from_otree").table([*export, robot, demo, away], predictions())
    assert sum(arm is not None for arm in data["arm"]) == 60
    assert len(data["arm"]) == 299  # x102 began the study: neither a human answer nor a persona
    assert data["outcomes"]["trust"].count(None) == 239
    with pytest.raises(SystemExit, match="no prediction for the participants p999"):
        recipe("from_otree").table([export[0] | {"participant.label": "p999"}], predictions())


def test_edsl_dictionaries_draws_and_gaps() -> None:
    edsl = recipe("from_edsl")
    person = {"traits": {}, "edsl_class_name": "Agent"}
    results = {
        "data": [
            {"agent": person | {"name": name}, "scenario": {"condition": arm}, "model": {"model": "m"}}
            | {"iteration": draw, "answer": {"trust": told}}
            for name, told in (("a", 4), ("b", None))
            for arm in ("control", "treatment")
            for draw in (0, 1)
        ]
    }
    data = edsl.table(edsl.rows_of(results), {"a": {"arm": "control", "trust": "5"}})
    assert [(c["arm"], c["draw"], c["values"]) for c in data["predictions"]] == [
        (arm, draw, [4.0, None]) for arm in ("control", "treatment") for draw in (0, 1)
    ]
    assert (data["arm"], data["outcomes"]) == (["control", None], {"trust": [5.0, None]})
    assert [edsl.number(value) for value in (math.nan, "nan", "", None, "2.5")] == [None] * 4 + [2.5]


def test_llmr_replies_that_are_no_number(tmp_path: Path, server: Server) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    text = (RECIPES / "llmr.csv").read_text()
    told = re.compile(r"(?m)^(gpt,(\w+),(p00[02]),1,openai,gpt-4o,0,)([\d.]+)(?=,TRUE)")
    said = {("control", "p002"): "I would say 5", ("treatment", "p000"): " 5 "}
    spoiled = told.sub(lambda found: found[1] + said.get((found[2], found[3]), found[4]), text)
    assert all(words in spoiled for words in said.values())
    (tmp_path / "llmr.csv").write_text(spoiled)
    command = ("Rscript", str(RECIPES / "from_llmr.R"), str(tmp_path / "llmr.csv"), str(RECIPES / "people.csv"))
    done = run(*command, RECTIFIER_URL=http(server))
    assert done.stdout.splitlines()[:2] == [
        "gpt as control: 296 of 300 answered",
        "gpt as treatment: 299 of 300 answered",
    ]


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("a;b\n1.234,5;-0,25\n", "a,b\n1234.5,-0.25\n"),
        ("a\tb\nx, y\t1,5\n", 'a,b\n"x, y",1.5\n'),
        ('"a";"b"\r\n"M\xfcnchen; Ost";"3"\r\n', "a,b\nM\xfcnchen; Ost,3\n"),
        ("a;b\n1.234;2026-03-01\n", "a,b\n1.234,2026-03-01\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_spreadsheets(tmp_path: Path, file: str, told: str, encoding: str) -> None:
    (tmp_path / "in.csv").write_bytes(file.encode(encoding))
    done = run(sys.executable, str(RECIPES / "spreadsheet.py"), str(tmp_path / "in.csv"), PYTHONIOENCODING="utf-8")
    assert done.stdout == told


def test_a_file_with_commas_need_not_be_converted() -> None:
    done = run(sys.executable, str(RECIPES / "spreadsheet.py"), str(RECIPES / "study.csv"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "need not be converted" in done.stderr


def test_curl_shows_why_it_was_refused(server: Server, keyed: Server) -> None:
    script = str(RECIPES / "curl.sh")
    done = run("sh", script, str(RECIPES / "spreadsheet.csv"), RECTIFIER_URL=http(server))
    assert done.returncode == 1
    assert '"code":"wrong_delimiter"' in done.stderr
    assert run("sh", script, str(RECIPES / "study.csv"), RECTIFIER_URL=http(keyed)).returncode == 1
    done = run("sh", script, str(RECIPES / "study.csv"), RECTIFIER_URL=http(keyed), RECTIFIER_KEY=KEY)
    assert done.stdout.startswith('"estimate":0.5589793')


@pytest.mark.parametrize(
    "script", ["from_otree otree.csv predictions.csv", "from_edsl edsl.csv people.csv", "prolific study.csv"]
)
def test_the_key_goes_with_every_recipe(keyed: Server, script: str) -> None:
    name, *files = script.split()
    command = (sys.executable, str(RECIPES / f"{name}.py"), *(str(RECIPES / file) for file in files))
    assert run(*command, RECTIFIER_URL=http(keyed), RECTIFIER_KEY=KEY).returncode == 0
    refused = run(*command, RECTIFIER_URL=http(keyed))
    assert refused.returncode == 1
    assert "a key" in refused.stderr or "401" in refused.stderr


def test_enough_people_are_not_topped_up(server: Server) -> None:
    command = (sys.executable, str(RECIPES / "prolific.py"), str(RECIPES / "study.csv"), "--effect", "1.5")
    done = run(*command, RECTIFIER_URL=http(server))
    assert done.returncode == 0, done.stderr
    assert "Increase places: 0" in done.stdout
