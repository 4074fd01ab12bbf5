"""The JavaScript package: its types are those of the services, its own tests pass, and its numbers are everybody's."""

from __future__ import annotations

import base64
import json
import re
import struct
import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.clients.js_package import GENERATOR, SOURCE, TSC, Package, installed, node
from tests.shape.sources import ROOT

MANIFEST = json.loads((SOURCE / "package.json").read_text())


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return installed(tmp_path_factory.mktemp("js"))


@pytest.mark.parametrize("service", ["calibration", "gateway"])
def test_the_types_are_those_of_the_service(service, tmp_path):
    """``npm run generate`` in clients/js makes them anew."""
    node(GENERATOR, ROOT / f"openapi/{service}.json", "--output", tmp_path / "types.ts")
    assert (SOURCE / f"src/generated/{service}.ts").read_text() == (tmp_path / "types.ts").read_text()


def test_the_types_allow_what_is_right_and_nothing_else(package):
    """A mark at a line that is right, or a wrong line without one, is an error."""
    assert (SOURCE / "test/types.ts").read_text().count("// @ts-expect-error: ") >= 15
    node(TSC, "--project", "test/tsconfig.json", cwd=package.built)


@pytest.mark.parametrize("resolution", ["--module node20", "--module esnext --moduleResolution bundler"])
def test_a_strict_project_of_a_user_compiles(package, resolution):
    """With every file of the package checked, too."""
    (package.home / "use.ts").write_text((SOURCE / "test/types.ts").read_text())
    strict = (
        "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --target es2022 --lib es2022,dom"
    )
    node(TSC, *strict.split(), *resolution.split(), "use.ts", cwd=package.home)


def test_its_own_tests_pass_against_the_services(package, server, gateways):
    gateway = gateways()
    addresses = {
        "RECTIFIER_URL": f"http://{server.host}:{server.port}",
        "RECTIFIER_GATEWAY_URL": f"http://{gateway.host}:{gateway.port}",
    }
    files = sorted((package.built / "test").glob("*.test.js"))
    said = node("--test", *files, cwd=package.built, **addresses)
    assert re.search(r"^(?:#|ℹ) fail 0$", said, re.MULTILINE)
    assert re.search(r"^(?:#|ℹ) skipped 0$", said, re.MULTILINE)


def test_one_version_and_the_same_tools_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tools = json.loads((ROOT / "tests/acceptance/node/package.json").read_text())["dependencies"]
    assert MANIFEST["version"] == project["version"]
    assert MANIFEST["license"] == project["license"]
    assert MANIFEST["devDependencies"].items() <= tools.items()
    assert "dependencies" not in MANIFEST
    assert (SOURCE / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


SEND = """
import { readFileSync, writeFileSync } from "node:fs";
import { Rectifier, table } from "rectifier";
const { columns, binary } = JSON.parse(readFileSync("columns.json"));
const doubles = Object.fromEntries(Object.entries(columns).map(([name, bytes]) =>
  [name, new Float64Array(new Uint8Array(Buffer.from(bytes, "base64")).buffer)]));
const given = binary ? doubles : Object.fromEntries(Object.entries(doubles).map(([name, all]) => [name, [...all]]));
const recorded = (url, init) => (writeFileSync("sent.json", init.body), fetch(url, init));
const client = new Rectifier({ fetch: recorded });
const data = table({ ...given, arm: Array.from(doubles.human, (_, i) => "ab"[i % 2]) },
  { outcome: "human", arm: "arm", predictions: { gpt: { a: "llm_a", b: "llm_b" } } });
const request = { data, plan: { control: "a" } };
writeFileSync("answer.json", await client.text("/v1/calibrations", request));
const numbers = [];
const kept = (_, value) => (typeof value === "number" && numbers.push(value), value);
JSON.stringify(await client.calibrate(request), kept);
writeFileSync("numbers", new Uint8Array(Float64Array.from(numbers).buffer));
"""


def columns() -> dict[str, np.ndarray]:
    """Doubles that need 15 to 17 digits, some missing."""
    rng = np.random.default_rng(8)
    human = rng.normal(3, 1, 60) * 10.0 ** rng.integers(-2, 3)
    made = {"human": human, "llm_a": human + rng.normal(0, 0.5, 60), "llm_b": human + rng.normal(1 / 3, 0.5, 60)}
    made["llm_a"][5] = np.nan
    return made


def sent_by(package: Package, server, *, binary: bool) -> Path:
    """Where the script put what it sent and what it was answered."""
    encoded = {name: base64.b64encode(values.tobytes()).decode() for name, values in columns().items()}
    (package.home / "columns.json").write_text(json.dumps({"columns": encoded, "binary": binary}))
    package.run(SEND, RECTIFIER_URL=f"http://{server.host}:{server.port}")
    return package.home


def asked_by_curl(server, body: Path) -> bytes:
    url = f"http://{server.host}:{server.port}/v1/calibrations"
    command = ["curl", "-s", url, "-H", "Content-Type: application/json", "--data-binary", f"@{body}"]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize("binary", [False, True])
def test_answers_are_curls_byte_for_byte(package, server, binary):
    home = sent_by(package, server, binary=binary)
    assert (home / "answer.json").read_bytes() == asked_by_curl(server, home / "sent.json")


def test_what_is_sent_is_what_python_writes(package, server):
    """Every double arrives as it was, and in no more digits than Python needs."""
    home = sent_by(package, server, binary=False)
    text = (home / "sent.json").read_text()
    data = json.loads(text)["data"]
    given = columns()
    sent = [data["outcomes"]["human"], *(each["values"] for each in data["predictions"])]
    for values, expected in zip(sent, given.values(), strict=True):
        read = np.array([np.nan if value is None else value for value in values])
        assert read.tobytes() == expected.tobytes()
    digits = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
    assert digits.findall(text) == digits.findall(json.dumps(json.loads(text)))
    assert max(len(number.replace(".", "").lstrip("-0")) for number in digits.findall(text)) == 17


def test_what_is_answered_is_read_to_the_last_bit(package, server):
    home = sent_by(package, server, binary=False)
    read = (home / "numbers").read_bytes()
    numbers: list[float] = []
    collect(json.loads((home / "answer.json").read_bytes()), numbers)
    assert len(numbers) > 50
    assert read == struct.pack(f"<{len(numbers)}d", *numbers)


def collect(value: object, into: list[float]) -> None:
    """Every number, in the order of the text."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            collect(each, into)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        into.append(float(value))
