"""Deliberate breaks of the core: each must turn its test red. Run by hand: python -m tests.mutations [name ..]

Every break is a text replacement in a temporary copy of the service package and the tests; the named tests run there.
Fails when a test stays green or does not end (the break survived), when a text is not found exactly once, or when
unbroken tests fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.breaks import MUTATIONS, Mutation

ROOT = Path(__file__).parents[1]
JOBS = os.cpu_count() or 1
FAILED = 1  # pytest: tests were run and some failed
SECONDS = 300


def table() -> str:
    """The rows of the table in tests/README.md."""
    return "\n".join(f"| {m.name} | `{m.file}` | {m.test.removeprefix('tests/')} |" for m in MUTATIONS)


def copied(folder: Path) -> None:
    """A copy of what the tests need; built files and caches stay behind."""
    for name in ("service", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def tested(folder: Path, tests: Sequence[str], seconds: float | None) -> subprocess.CompletedProcess[str]:
    data = (ROOT / os.environ.get("RECTIFIER_DATA", "../shared/data")).resolve()
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "RECTIFIER_DATA": str(data)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=seconds
    )


def survived(mutation: Mutation) -> str | None:
    """Why the mutation is not caught, or None."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        path = folder / mutation.file
        source = path.read_text()
        if source.count(mutation.text) != 1:
            return f"its text stands {source.count(mutation.text)} times in {mutation.file}"
        path.write_text(source.replace(mutation.text, mutation.broken))
        try:
            done = tested(folder, [mutation.test], SECONDS)
        except subprocess.TimeoutExpired:
            return f"its test does not end within {SECONDS} seconds"
    if done.returncode == FAILED:
        return None
    return "its test stays green" if done.returncode == 0 else f"pytest ended with {done.returncode}\n{done.stdout}"


def main(names: Sequence[str]) -> int:
    """Apply the named mutations (all without names); 0 when every one is caught and the unbroken tests are green."""
    unknown = set(names) - {m.name for m in MUTATIONS}
    if unknown:
        print("no such mutation:", ", ".join(sorted(unknown)))
        return 2
    chosen = [m for m in MUTATIONS if not names or m.name in names]
    with tempfile.TemporaryDirectory() as name:
        copied(Path(name))
        plain = tested(Path(name), sorted({m.test for m in chosen}), None)
    if plain.returncode:
        print(plain.stdout, "\nthe unbroken tests fail")
        return 1
    alive = 0
    with ThreadPoolExecutor(JOBS) as pool:
        for mutation, reason in zip(chosen, pool.map(survived, chosen), strict=True):
            alive += reason is not None
            told = f"SURVIVED {mutation.name}: {reason}" if reason else f"caught   {mutation.name}"
            print(told, flush=True)
    print(f"{len(chosen) - alive} of {len(chosen)} mutations caught")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(print(table()) if sys.argv[1:] == ["--table"] else main(sys.argv[1:]))
