"""The workbench as files: how they are served; its pure modules are tested by node."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.api.routes.workbench import KINDS, PAGE, suffix
from tests.api.asking import APP, is_problem
from tests.shape.sources import ROOT, files
from tests.web.asgi import ask

FOLDER = ROOT / "service/api/workbench"
NAMES = sorted(path.name for path in FOLDER.iterdir())
HERE = Path(__file__).parents[1] / "workbench"


def test_the_page_is_at_the_root_and_loads_only_from_here() -> None:
    page = ask(APP, "GET", "/")
    policy = page.headers["content-security-policy"]
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b"<script type=" in page.body
    assert not re.search(rb"<style|\bon[a-z]+=|style=|https?:", page.body)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_of_the_folder_is_served_as_what_it_is(name: str) -> None:
    assert suffix(name) in KINDS
    answer = ask(APP, "GET", "/" if name == PAGE else f"/workbench/{name}")
    assert answer.status == 200
    assert answer.body == (FOLDER / name).read_bytes()
    assert answer.headers["content-type"] == f"{KINDS[suffix(name)]}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.js", "index.html", "..%2fapp.py", "app.py"])
def test_nothing_else_is_served(name: str) -> None:
    is_problem(ask(APP, "GET", f"/workbench/{name}"), 404, "not_found")


def test_a_browser_that_has_a_file_is_told_so() -> None:
    tag = ask(APP, "GET", "/").headers["etag"]
    known = ask(APP, "GET", "/", headers={"if-none-match": f'"other", W/{tag}'})
    assert (known.status, known.body, known.headers["etag"]) == (304, b"", tag)
    assert ask(APP, "GET", "/", headers={"if-none-match": '"other"'}).status == 200


def test_addresses_are_relative_so_that_a_path_prefix_changes_nothing() -> None:
    sources = [(FOLDER / name).read_text() for name in NAMES if not name.endswith(".csv")]
    assert [m for s in sources for m in re.findall(r"""(?:href|src)=["']/|["'`]/(?:v1|docs|workbench)\b""", s)] == []
    hosts = {m for s in sources for m in re.findall(r"https?://[\w.]+", s)}
    assert hosts == {"http://www.w3.org"}  # the name of SVG, which nobody asks


def test_modules_are_small() -> None:
    lengths = {name: len((FOLDER / name).read_text().splitlines()) for name in NAMES if name.endswith(".js")}
    assert [name for name, length in lengths.items() if length > 200] == []


def test_pure_modules(tmp_path: Path) -> None:
    """Everything in tests/api/workbench, by node's own test runner; in a copy that says these are ES modules."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    shutil.copytree(FOLDER, tmp_path / "workbench")
    tests = [shutil.copy(path, tmp_path) for path in sorted(HERE.glob("*.test.js"))]
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert (found := re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE))
    assert int(found[1]) > len(tests)


def test_every_pure_module_has_its_tests() -> None:
    pure = {n for n in NAMES if n.endswith(".js") and "_view" not in n} - {"view.js", "dom.js"}
    tested = {f.rpartition("/")[2].replace(".test.js", ".js") for f in files() if f.startswith("tests/api/workbench/")}
    assert pure <= tested | {"svg.js"}
