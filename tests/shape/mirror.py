"""Which test file speaks for which module."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath

from tests.shape.sources import Function

MIRRORED = ("api", "calibration", "gateway", "web")

ELSEWHERE = {
    "service/calibration/estimands/__init__.py": "tests/contract/test_answers.py: tested on all it holds",
    "service/calibration/estimators/__init__.py": "tests/contract/test_answers.py: tested on all it holds",
}
"""Modules without a test file of their own: where they are tested, and why there."""


def has_code(parsed: ast.Module) -> bool:
    """Whether anything in it is executed later: a function or a method."""
    return any(isinstance(node, Function) for node in ast.walk(parsed))


@cache
def test_file(module: str) -> str:
    """service/a/b.py -> tests/a/test_b.py; a package's own code -> tests/a/test_init.py."""
    path = PurePosixPath(module)
    name = "init" if path.stem == "__init__" else path.stem
    return str(PurePosixPath("tests", *path.parts[1:-1], f"test_{name}.py"))


def is_tested(module: str, tests: Iterable[str]) -> bool:
    """Whether its test file exists, whole or split by topic (test_b.py, test_b_topic.py)."""
    wanted = test_file(module).removesuffix(".py")
    return any(t == f"{wanted}.py" or t.startswith(f"{wanted}_") for t in tests)


def is_orphan(test: str, modules: Iterable[str]) -> bool:
    """Whether a test file in a mirrored folder speaks for no module."""
    path = PurePosixPath(test)
    if path.parts[1] not in MIRRORED or not path.name.startswith("test_"):
        return False
    return not any(is_tested(module, [test]) for module in modules)
