"""The code that the workbench writes for a request, run as it stands: the same numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import chromium
from tests.acceptance.conftest import Server
from tests.acceptance.workbench_page import example, saved, visiting
from tests.clients import r_package


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.mark.parametrize(("name", "local"), [("twins", True), ("survey", False), ("vote", False)])
def test_r(browser: Any, server: Server, library: Path, name: str, local: bool) -> None:
    with visiting(browser, server) as opened:
        page = opened()
        example(page, name)
        page.set_checked("#set-local", local)
        page.click("#go")
        page.wait_for_selector("#take-part:not([hidden])")
        answer = json.loads(saved(page, "#save-json"))
        (library.parent / "study.csv").write_bytes(saved(page, "#save-study"))
        code = page.text_content("#take-body details:has(summary:text-is('R')) code")
        page.wait_for_selector("#frontier svg")
    said = r_package.run(library, f"{code}\ncat(sprintf('%.15g', unlist(answer$summary[1:3])), sep = '\\n')")
    found = [float(line) for line in said.splitlines()[-3:]]
    assert found == pytest.approx([answer["summary"][key] for key in ("estimate", "lower", "upper")], rel=1e-12)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return r_package.installed(tmp_path_factory.mktemp("r"))
