from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.shape.sources import ROOT, files

DOCKERFILE = (ROOT / "Dockerfile").read_text()
PORTS = {"calibration": "8000", "gateway": "8001"}


def stage(name: str) -> str:
    """One stage of the Dockerfile, from its FROM to the next."""
    found = re.search(rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_every_folder_of_the_service_is_in_an_image():
    folders = {f.split("/")[1] for f in files() if f.startswith("service/") and f.count("/") > 1}
    copied = set(re.findall(r"^COPY service/(\w+) ", DOCKERFILE, re.MULTILINE))
    assert folders == copied


def test_each_image_carries_only_its_own_service():
    assert re.findall(r"COPY service/(\w+) ", stage("calibration-files")) == ["web", "api", "calibration"]
    assert re.findall(r"COPY service/(\w+) ", stage("gateway-files")) == ["web", "gateway"]


@pytest.mark.parametrize("name", PORTS)
def test_one_port_is_served_exposed_and_probed(name):
    assert set(re.findall(r"\b80\d\d\b", stage(name))) == {PORTS[name]}
    assert stage(name).count(PORTS[name]) == 3


def test_nobody_is_root_and_nothing_needs_a_shell():
    assert re.search(r"^USER 10001:10001$", stage("runtime"), re.MULTILINE)
    assert not re.search(r"^(?:CMD|ENTRYPOINT|HEALTHCHECK.*CMD) [^\[]", DOCKERFILE, re.MULTILINE)
    assert "RUN" not in stage("runtime") + stage("calibration") + stage("gateway")


def test_the_base_is_named_once_without_a_digest_nobody_fetched():
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${BASE_IMAGE}", "installer", "runtime"}
    assert re.search(r"^ARG BASE_IMAGE=[\w.-]+:[\w.-]+$", DOCKERFILE, re.MULTILINE)
    assert not DOCKERFILE.startswith("# syntax")


def test_the_build_sees_only_what_it_copies():
    seen = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {word.split("/")[0] for line in sources for word in line.split()} == seen


def test_requirements_are_always_hashed():
    commands = re.findall(r"pip install [^\n]*-r [^\n]*", DOCKERFILE)
    assert len(commands) == 4
    assert [c for c in commands if "--require-hashes" not in c] == []


@pytest.mark.parametrize("name", ["calibration-files", "gateway-files"])
def test_the_inventory_lists_what_is_vendored(name, tmp_path):
    (script,) = re.findall(r"python3 (\S+) /opt/rectifier/sbom.cdx.json", stage(name))
    assert re.search(rf"^COPY {script} ", stage(name), re.MULTILINE)
    inventory = tmp_path / "sbom.cdx.json"
    inventory.write_text('{"components": []}')
    subprocess.run([sys.executable, script, inventory], cwd=ROOT, check=True, timeout=30)
    (found,) = json.loads(inventory.read_text())["components"]
    bundle = (ROOT / "service/web/static/swagger-ui/swagger-ui-bundle.js").read_text()
    assert found["purl"] == f"pkg:npm/swagger-ui-dist@{found['version']}"
    assert f'PACKAGE_VERSION:"{found["version"]}"' in bundle
