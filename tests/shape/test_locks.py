from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.shape.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
SETS = {
    "calibration": PROJECT["project"]["dependencies"],
    "gateway": [*EXTRAS["gateway"], *EXTRAS["redis"]],
    "dev": [*PROJECT["project"]["dependencies"], *(r for extra in EXTRAS.values() for r in extra), *GROUPS["dev"]],
    "installer": GROUPS["installer"],
    "inventory": GROUPS["inventory"],
    "scan": GROUPS["scan"],
}


def entries(lock: str) -> list[str]:
    """The requirements of a lock, each with its hashes on one line."""
    joined = lock.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def pins(name: str) -> dict[str, str]:
    found = [re.match(r"([\w.-]+)==([^\s;]+)", line) for line in entries((ROOT / f"locks/{name}.txt").read_text())]
    assert all(found)
    return {canonicalize_name(m[1]): m[2] for m in found if m}


def stale(requirements: list[str], locked: dict[str, str]) -> list[str]:
    """Requirements that the lock does not fulfil."""
    wanted = [Requirement(r) for r in requirements]
    return [str(r) for r in wanted if not r.specifier.contains(locked.get(canonicalize_name(r.name), "0.dev0"))]


@pytest.mark.parametrize("name", SETS)
def test_lock_fulfils_the_ranges(name):
    assert stale(SETS[name], pins(name)) == []


@pytest.mark.parametrize("name", SETS)
def test_every_entry_has_a_hash(name):
    assert [e for e in entries((ROOT / f"locks/{name}.txt").read_text()) if "--hash=sha256:" not in e] == []


def test_what_ships_is_what_was_tested():
    tested = pins("dev")
    for name in ("calibration", "gateway"):
        assert pins(name).items() <= tested.items()


def test_the_gateway_needs_no_numbers_and_the_calibration_no_http_client():
    assert not {"numpy", "scipy", "statsmodels", "pandas"} & pins("gateway").keys()
    assert "aiohttp" not in pins("calibration")


def test_every_lock_is_known():
    assert {p.stem for p in (ROOT / "locks").glob("*")} == set(SETS)


def test_a_stale_lock_is_seen():
    assert stale(["a>=2", "B_c", "d<1"], {"a": "1.9", "b-c": "3", "d": "1"}) == ["a>=2", "d<1"]
    assert stale(["gone>=1"], {}) == ["gone>=1"]
    assert entries("# x\na==1 \\\n    --hash=sha256:1\n    # via b\n") == ["a==1      --hash=sha256:1"]
