"""The JavaScript package, built away from the sources, and scripts run with it."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.node import MODULES
from tests.shape.sources import ROOT

SOURCE = ROOT / "clients/js"
TSC = MODULES / "typescript/bin/tsc"
GENERATOR = MODULES / "openapi-typescript/bin/cli.js"
OURS = ("RECTIFIER_URL", "RECTIFIER_GATEWAY_URL", "RECTIFIER_KEY")


@dataclass(frozen=True, slots=True)
class Package:
    """``built``: the package with its dist; ``home``: a folder whose scripts find it as npm installs it."""

    built: Path
    home: Path

    def run(self, script: str, **environment: str) -> str:
        """What a script of a user prints."""
        file = self.home / "script.mjs"
        file.write_text(script)
        return node(file, cwd=self.home, **environment)


def node(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """What node prints; it must succeed."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    variables = {name: value for name, value in os.environ.items() if name not in OURS and name != "NODE_OPTIONS"}
    command = [found, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, env=variables | environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@cache
def compiled() -> Path:
    """A copy of what is tracked, compiled once by this process."""
    folder = tempfile.TemporaryDirectory(prefix="rectifier-js-")
    atexit.register(folder.cleanup)
    copy = Path(folder.name) / "rectifier"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("dist", "node_modules", "*.tgz"))
    node(TSC, cwd=copy)
    return copy


def installed(home: Path) -> Package:
    """In a folder of a user, as npm installs it: what ``files`` names and what npm always takes, and no more."""
    copy, place = compiled(), home / "node_modules/rectifier"
    place.mkdir(parents=True)
    for name in ("package.json", "README.md", "LICENSE"):
        shutil.copy(copy / name, place)
    for name in json.loads((copy / "package.json").read_text())["files"]:
        shutil.copytree(copy / name, place / name)
    return Package(copy, home)
