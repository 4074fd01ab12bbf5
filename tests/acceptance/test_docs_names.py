"""What pages name is there: settings, paths, metrics, modules. Their code blocks are run by test_docs_code.py."""

from __future__ import annotations

import json
import re

import pytest

from service.api.settings import variables
from service.gateway.settings import variables as of_gateway
from tests.shape.sources import ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("clients/*/README.md"), ROOT / "benchmarks/README.md"]
OF_CLIENTS = {"RECTIFIER_URL", "RECTIFIER_GATEWAY_URL", "RECTIFIER_KEY"}
OF_PROVIDERS = {"/v1/messages"}
OF_R = {"rectifier_explain", "rectifier_post", "rectifier_problem", "rectifier_report"}
SETTINGS = {*variables(), *of_gateway(), *OF_CLIENTS}
PATHS = {
    path
    for name in ("calibration", "gateway")
    for path in json.loads((ROOT / f"openapi/{name}.json").read_text())["paths"]
}
METRICS = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/observability.md").read_text(), re.MULTILINE))


def unknown(text: str) -> set[str]:
    """What a text names and nobody has."""
    settings = set(re.findall(r"\bRECTIFIER_\w+", text)) - SETTINGS
    paths = {p for p in re.findall(r"(?<![\w/.])/v1/[\w/{}-]*[\w}]", text) if not re.match(r"/v1/problems/", p)}
    metrics = {re.sub(r"_(?:bucket|count|sum)$", "", m) for m in re.findall(r"\brectifier_[a-z_]*[a-z]", text)}
    modules = {m for m in re.findall(r"python3? -m ((?:service|tests|benchmarks)[\w.]*)", text) if not is_module(m)}
    return settings | (paths - PATHS - OF_PROVIDERS) | (metrics - METRICS - OF_R) | modules


def is_module(name: str) -> bool:
    place = ROOT / name.replace(".", "/")
    return place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page):
    assert unknown(page.read_text()) == set()


def test_what_is_not_there_is_seen():
    text = "`RECTIFIER_TEA`, GET /v1/tea, rectifier_tea_total, python -m tests.tea, RECTIFIER_QUEUE, /v1/designs"
    assert unknown(text) == {"RECTIFIER_TEA", "/v1/tea", "rectifier_tea_total", "tests.tea"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_command_hides_in_an_indented_block(page):
    command = re.compile(r"^\n {4}(?:\$ |python3? |curl |make |rectifier |docker |kubectl |pip |npm )", re.MULTILINE)
    assert command.search(re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)) is None
