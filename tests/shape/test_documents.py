from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import version

import pytest
import yaml

from tests.shape.sources import ROOT, files, text

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RECORDS = [f for f in files() if re.match(r"decisions/.*\.md", f)]
PAGES = [f for f in files() if f.endswith(".md") and f not in RECORDS]
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives"]
PLACE = re.compile(r"`((?:\.ci|benchmarks|clients|decisions|docs|examples|k8s|locks|openapi|service|tests)/[\w./*-]*)`")
COMMAND = re.compile(r"(?:`|^)make ([a-z]+)", re.MULTILINE)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def headings(page: str) -> list[str]:
    return re.findall(r"^## (.+)$", page, re.MULTILINE)


@pytest.mark.parametrize("record", RECORDS)
def test_decision_record_says_why_and_what_else(record):
    page = text(record) or ""
    assert headings(page) == HEADINGS
    assert re.match(rf"# {int(record[10:14])}\. \S", page)


def test_decision_records_are_numbered_once():
    numbers = [record[10:14] for record in RECORDS]
    assert numbers == [f"{i:04}" for i in range(1, len(numbers) + 1)]


def test_changelog_tells_changed_numbers_of_this_version():
    page = text("CHANGELOG.md") or ""
    assert re.search(rf"^## (?:Unreleased|{re.escape(PROJECT['version'])})\b", page, re.MULTILINE)
    assert "### Numbers that changed" in page


def test_one_version_everywhere():
    assert version("rectifier") == PROJECT["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == PROJECT["version"]
    assert json.loads((ROOT / "openapi/calibration.json").read_text())["info"]["version"] == PROJECT["version"]


def test_one_licence_everywhere():
    assert (text("LICENSE") or "").split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["license"] == PROJECT["license"] == "Apache-2.0"


@pytest.mark.parametrize("page", PAGES)
def test_page_names_files_and_commands_that_exist(page):
    contents = text(page) or ""
    assert [place for place in PLACE.findall(contents) if not list(ROOT.glob(place.rstrip("/")))] == []
    assert set(COMMAND.findall(contents)) <= TARGETS


def test_readme_names_the_two_commands():
    assert {"demo", "test"} <= set(COMMAND.findall(text("README.md") or ""))


def test_a_wrong_place_or_command_is_seen():
    page = "see `service/nowhere.py`, `tests/*/x` and\nmake tea\nor `make demo`"
    assert PLACE.findall(page) == ["service/nowhere.py", "tests/*/x"]
    assert COMMAND.findall(page) == ["tea", "demo"]
    assert headings("# 1. T\n## Context\n### No\n## Decision\n") == ["Context", "Decision"]
