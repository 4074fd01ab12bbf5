from __future__ import annotations

import subprocess
import sys

import pytest

from tests.api.render.answering import BY_PATH

HTTP = {"litestar", "uvicorn", "prometheus_client"}


@pytest.mark.parametrize("module", ["service.api.routes.computation", "service.api.routes.calibrations"])
def test_what_a_path_is_can_be_known_without_http(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert module in loaded
    assert loaded & HTTP == set()


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_every_path_is_described(path: str) -> None:
    computation = BY_PATH[path]
    assert computation.path == path
    assert computation.title
    assert computation.examples
    assert computation.report
