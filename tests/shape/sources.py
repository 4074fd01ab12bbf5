"""The files of the repository, by walking it: neither git nor an installed package is asked."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("service", "tests", "benchmarks", "examples")
QUOTED = ("tests/oracles/scripts/",)  # the scripts that made the oracle numbers stay as they were run


@cache
def ignored() -> tuple[str, ...]:
    """What .gitignore names, and git's own folder."""
    lines = (ROOT / ".gitignore").read_text().splitlines()
    return (".git", *(line.rstrip("/") for line in lines if line and not line.startswith("#")))


@cache
def files() -> tuple[str, ...]:
    """Every file that is or would be tracked, relative to the root."""
    found: list[str] = []
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if any(fnmatch(path.name, pattern) for pattern in ignored()):
                continue
            if path.is_dir():
                folders.append(path)
            else:
                found.append(path.relative_to(ROOT).as_posix())
    return tuple(sorted(found))


def modules(*roots: str) -> list[str]:
    """The Python files below these folders."""
    return [f for f in files() if f.endswith(".py") and f.split("/")[0] in roots and not f.startswith(QUOTED)]


def text(file: str) -> str | None:
    """The contents, or None for what is not text."""
    try:
        return (ROOT / file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def tree(module: str) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(parsed: ast.Module) -> list[Function]:
    """Every function and method, nested ones included."""
    return [node for node in ast.walk(parsed) if isinstance(node, Function)]
