"""The code that the workbench writes for a request, run as it stands with the clients: the same numbers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import chromium, visiting
from tests.acceptance.conftest import Server
from tests.acceptance.workbench_page import example, saved, upload
from tests.clients import js_package, r_package


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def taken(
    browser: Any, server: Server, begin: Callable[[Any], None], *, local: bool
) -> tuple[dict[str, Any], dict[str, bytes], list[str]]:
    """The answer, the files and the code (curl, R, JavaScript) of what was begun on the page."""
    with visiting(browser, f"{server.host}:{server.port}") as opened:
        page = opened()
        begin(page)
        page.set_checked("#set-local", local)
        page.click("#go")
        page.wait_for_selector("#take-part:not([hidden])")
        files = {"study.csv": saved(page, "#save-study"), "request.json": saved(page, "#save-request")}
        answer = json.loads(saved(page, "#save-json"))
        return answer, files, page.locator("#take-body pre code").all_text_contents()


def numbers_of(tree: Any) -> list[float]:
    """Every number of a tree, in order."""
    if isinstance(tree, dict | list):
        return [n for part in (tree.values() if isinstance(tree, dict) else tree) for n in numbers_of(part)]
    return [tree] if isinstance(tree, float) else []


def survey(page: Any) -> None:
    """Codes with zeros in front, answers that R takes for truth values, quotes, and a column of every kind."""
    rows = ['wave,"the ""school""",block,sex,age,weight,asked,vote,llm_vote']
    for i in range(300):
        asked, vote = i % 3 == 0, "TF"[i * 7 % 3 > 0]
        person = [
            f"0{1 + i % 2}",
            f"s{i % 17}",
            "xy"[i % 2],
            "FM"[i * 5 % 7 > 2],
            20 + i * 11 % 60,
            0.5 + i * 13 % 10 / 5,
        ]
        said = vote if i % 5 else "T"
        rows.append(",".join(map(str, [*person, str(asked).upper(), vote if asked else "", said])))
    upload(page, "\n".join(rows))
    kinds = ("arm", "cluster", "ignore", "subgroup", "covariate", "weight", "human", "outcome", "prediction")
    for j, kind in enumerate(kinds):
        page.select_option(f"#role-{j}", kind)
    page.select_option("#set-control", "")


@pytest.mark.parametrize(
    ("begin", "local"),
    [*((partial(example, name=n), n == "twins") for n in ("twins", "survey", "vote")), (survey, False)],
)
def test_r(browser: Any, server: Server, library: Path, begin: Callable[[Any], None], local: bool) -> None:
    answer, files, (_, code, _) = taken(browser, server, begin, local=local)
    (library.parent / "study.csv").write_bytes(files["study.csv"])
    said = r_package.run(library, f"{code}\ncat('\\n', attr(answer, 'json'), sep = '')")
    found = json.loads(said.splitlines()[-1])
    assert numbers_of(found["estimates"]) == pytest.approx(numbers_of(answer["estimates"]), rel=1e-12, abs=1e-12)
    assert [each["name"] for each in found["estimates"]] == [each["name"] for each in answer["estimates"]]


def test_curl(browser: Any, server: Server, tmp_path: Path) -> None:
    answer, files, (code, _, _) = taken(browser, server, survey, local=False)
    (tmp_path / "study.csv").write_bytes(files["study.csv"])
    done = subprocess.run(["bash", "-c", code], cwd=tmp_path, capture_output=True, check=True, timeout=30)
    assert json.loads(done.stdout)["estimates"] == answer["estimates"]


def test_javascript(browser: Any, server: Server, tmp_path: Path) -> None:
    answer, files, (_, _, code) = taken(browser, server, example, local=True)
    package = js_package.installed(tmp_path)
    (package.home / "request.json").write_bytes(files["request.json"])
    said = package.run(f"{code}\nconsole.log(JSON.stringify(answer));")
    assert json.loads(said.splitlines()[-1])["estimates"] == answer["estimates"]
