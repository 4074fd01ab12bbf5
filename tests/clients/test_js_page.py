"""docs/javascript.md: every block runs as written and prints what is shown; the page asks through the lab."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.acceptance.browser import chromium
from tests.acceptance.node import free_port
from tests.acceptance.talk import request, say
from tests.clients.js_package import SOURCE, Package, installed
from tests.shape.sources import ROOT

PAGE = (ROOT / "docs/javascript.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$(?:\n```\n(.*?)^```$)?", PAGE, re.MULTILINE | re.DOTALL)
SCRIPTS = [(code, shown) for language, code, shown in BLOCKS if language == "js" and "createServer" not in code]
(BACK_END,) = (code for language, code, _ in BLOCKS if language == "js" and "createServer" in code)
(HTML,) = (code for language, code, _ in BLOCKS if language == "html")
COMMANDS = [code for language, code, _ in BLOCKS if language == "sh"]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, server) -> Package:
    """With the study that the service brings, and the lab's page."""
    made = installed(tmp_path_factory.mktemp("js"))
    (made.home / "study.csv").write_bytes(say(server, request("GET", "/workbench/twins.csv")).body)
    (made.home / "page.html").write_text(HTML)
    return made


def test_every_block_is_tried():
    """The two commands are what the package's folder and the study stand for here: npm would ask a registry."""
    assert COMMANDS == [
        "mkdir study && cd study\nnpm install ../rectifier/clients/js\n",
        "curl -s localhost:8000/workbench/twins.csv -o study.csv\n",
    ]
    assert len(BLOCKS) == len(COMMANDS) + len(SCRIPTS) + 2
    assert PAGE.count("\n```") == 2 * (len(BLOCKS) + sum(bool(shown) for *_, shown in BLOCKS))


def address(server) -> str:
    return f"http://{server.host}:{server.port}"


@pytest.fixture(scope="module")
def gateway(gateways) -> str:
    return address(gateways())


def assert_shown(printed: str, shown: str) -> None:
    """The same words, and the same numbers but for the last digits, which depend on the processor."""
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", shown)
    numbers = [[float(each) for each in NUMBER.findall(text)] for text in (printed, shown)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-9)


@pytest.mark.parametrize("index", range(len(SCRIPTS)))
def test_a_script_prints_what_the_page_shows(package, server, gateway, index):
    script, shown = SCRIPTS[index]
    assert shown
    assert_shown(package.run(script, RECTIFIER_URL=address(server), RECTIFIER_GATEWAY_URL=gateway), shown)


def test_the_readme_of_the_package_runs(package, server):
    (script,) = re.findall(r"^```js\n(.*?)^```$", (SOURCE / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    said = package.run(script.replace("http://localhost:8000", address(server)))
    assert NUMBER.sub("#", said) == "# # #\n"


@contextmanager
def back_end(package: Package, service: str) -> Iterator[str]:
    """The page's back end, as written, with a key of its own."""
    program = shutil.which("node")
    assert program
    (package.home / "lab.mjs").write_text(BACK_END)
    port = free_port()
    settings = {"PORT": str(port), "RECTIFIER_URL": service, "RECTIFIER_KEY": "of-the-lab"}
    process = subprocess.Popen([program, "lab.mjs"], cwd=package.home, env=os.environ | settings)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


IN_THE_PAGE = """async (gateway) => {
  const { collect, Rectifier, RectifierProblem, table } = await import("/rectifier/index.js");
  const client = new Rectifier({ url: "/lab", gateway });
  const columns = { y: Float64Array.of(1, 2, NaN, 3.5), gpt: Float32Array.of(1, 2, 2.5, 3) };
  const data = table(columns, { outcome: "y", predictions: "gpt" });
  const answer = await client.calibrate({ data });
  const refused = await client.design({}).catch((error) => [error.constructor === RectifierProblem, error.status]);
  const people = (n) => Array.from({ length: n }, (_, i) => ({ unit_id: `u${i}` }));
  const study = (n, latency_ms) => ({
    personas: people(n), items: [{ name: "age", type: "numeric", text: "How old?", min: 0, max: 99 }],
    models: [{ name: "simulated", parameters: { simulated: { latency_ms } } }],
    elicitation: { method: "sample" }, cache: "off" });
  const { cells } = await collect(client.generate(study(20, 0)));
  const controller = new AbortController();
  let seen = 0;
  const aborted = await collect(client.generate(study(3000, 300), { signal: controller.signal }), (record) => {
    if (record.type === "cell" && ++seen === 3) controller.abort();
  }).catch((error) => error.name);
  const away = await new Rectifier({ url: "http://127.0.0.1:9" }).methods().catch((error) => error.message);
  const moved = await new Rectifier({ url: "/moved" }).methods().catch((error) => error.code);
  return { moved, humans: answer.estimates[0].human_sample_size, refused, cells: cells.length, aborted, away };
}"""


def test_the_page_shows_the_effect_and_the_client_works_in_a_browser(package, server, gateways):
    with back_end(package, address(server)) as lab, chromium() as browser:
        gateway = gateways(RECTIFIER_CORS_ORIGINS=lab)
        page = browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.route("**/moved/**", lambda route: route.fulfill(status=302, headers={"Location": "/"}))
        wait_for(lab)
        page.goto(lab)
        effect = page.locator("#effect")
        page.wait_for_function("document.getElementById('effect').textContent !== 'Asking ..'")
        assert re.fullmatch(r"\d\.\d\d \(\d\.\d\d to \d\.\d\d\)", effect.text_content() or ""), effect.text_content()
        found = page.evaluate(IN_THE_PAGE, address(gateway))
        assert found.pop("away").count("RECTIFIER_CORS_ORIGINS") == 1
        expected = {"humans": 3, "refused": [True, 404], "cells": 20, "aborted": "AbortError", "moved": "redirected"}
        assert found == expected
        assert problems == []


def test_the_back_end_outlives_missing_files_and_a_service_that_is_away(package):
    with back_end(package, f"http://127.0.0.1:{free_port()}") as lab:
        wait_for(lab)
        asked = [
            ("/rectifier/nothing.js", None),
            ("/lab/v1/calibrations", b"{}"),
            ("/lab/v1/designs", b"{}"),
            ("/", None),
        ]
        assert [status(lab + path, body) for path, body in asked] == [404, 502, 404, 200]


def status(url: str, body: bytes | None) -> int:
    try:
        with urlopen(url, body, timeout=20) as reply:
            return reply.status
    except HTTPError as refusal:
        return refusal.code


def wait_for(lab: str) -> None:
    """Returns once the back end listens."""
    end = time.monotonic() + 20
    while True:
        try:
            status(lab, None)
        except URLError:
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return
