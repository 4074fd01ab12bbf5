"""The code that the workbench writes for a request, run as it stands with the clients: the same numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import chromium
from tests.acceptance.conftest import Server
from tests.acceptance.workbench_page import example, saved, visiting
from tests.clients import js_package, r_package


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def taken(
    browser: Any, server: Server, name: str, *, local: bool
) -> tuple[dict[str, Any], dict[str, bytes], list[str]]:
    """The answer, the files and the code (curl, R, JavaScript) of an example."""
    with visiting(browser, server) as opened:
        page = opened()
        example(page, name)
        page.set_checked("#set-local", local)
        page.click("#go")
        page.wait_for_selector("#frontier svg")
        files = {"study.csv": saved(page, "#save-study"), "request.json": saved(page, "#save-request")}
        answer = json.loads(saved(page, "#save-json"))
        return answer, files, page.locator("#take-body pre code").all_text_contents()


@pytest.mark.parametrize(("name", "local"), [("twins", True), ("survey", False), ("vote", False)])
def test_r(browser: Any, server: Server, library: Path, name: str, local: bool) -> None:
    answer, files, (_, code, _) = taken(browser, server, name, local=local)
    (library.parent / "study.csv").write_bytes(files["study.csv"])
    said = r_package.run(library, f"{code}\ncat(sprintf('%.15g', unlist(answer$summary[1:3])), sep = '\\n')")
    found = [float(line) for line in said.splitlines()[-3:]]
    assert found == pytest.approx([answer["summary"][key] for key in ("estimate", "lower", "upper")], rel=1e-12)


def test_javascript(browser: Any, server: Server, tmp_path: Path) -> None:
    answer, files, (_, _, code) = taken(browser, server, "twins", local=True)
    package = js_package.installed(tmp_path)
    (package.home / "request.json").write_bytes(files["request.json"])
    said = package.run(f"{code}\nconsole.log(JSON.stringify(answer));")
    assert json.loads(said.splitlines()[-1])["estimates"] == answer["estimates"]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return r_package.installed(tmp_path_factory.mktemp("r"))
