"""The programs of examples/recipes, run as modules or as commands."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from service.web.access.key import new_key
from tests.acceptance.conftest import Server, ready, start
from tests.shape.sources import ROOT
from tests.web.access.people import line

RECIPES = ROOT / "examples/recipes"
KEY = new_key()


@contextmanager
def keyed_service(folder: Path) -> Iterator[Server]:
    """A service that asks for a key, until the end of the block."""
    (folder / "keys.toml").write_text(line(KEY, "calibrate", "design"))
    running = start(folder / "stderr", RECTIFIER_KEYS_FILE=str(folder / "keys.toml"))
    ready(running)
    yield running
    assert running.stop() == 0, running.log.read_text()


def recipe(name: str) -> ModuleType:
    """A recipe as a module."""
    spec = importlib.util.spec_from_file_location(f"recipe_{name}", RECIPES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | environment, check=False, timeout=60
    )


def http(server: Server) -> str:
    return f"http://{server.host}:{server.port}"
