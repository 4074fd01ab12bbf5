"""The JavaScript package, built away from the sources, and scripts run with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
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


def built(folder: Path) -> Package:
    """Compiled from a copy of what is tracked, and installed as npm would: what ``files`` names, and no more."""
    copy = folder / "rectifier"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("dist", "node_modules", "*.tgz"))
    node(TSC, cwd=copy)
    home = folder / "home"
    installed = home / "node_modules/rectifier"
    installed.mkdir(parents=True)
    for name in ("package.json", "README.md", "LICENSE"):
        shutil.copy(copy / name, installed)
    shutil.copytree(copy / "dist", installed / "dist")
    return Package(copy, home)
