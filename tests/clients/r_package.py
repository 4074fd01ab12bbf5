"""R with what the package needs, and the package installed into a library of the test."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.shape.sources import ROOT

PACKAGE = ROOT / "clients/r"
NEEDED = ("httr2", "jsonlite", "testthat", "knitr", "markdown")
DEBIAN = " ".join(["r-base-core", *(f"r-cran-{name}" for name in NEEDED)])


def installed(folder: Path) -> Path:
    """A library with the package, made by R CMD INSTALL from a copy without anything that is not tracked."""
    if shutil.which("Rscript") is None or not _has(NEEDED):
        pytest.skip(f"R with httr2, jsonlite, testthat, knitr and markdown is not installed ({DEBIAN})")
    library = folder / "library"
    library.mkdir()
    command = ["R", "CMD", "INSTALL", "--no-multiarch", f"--library={library}", str(PACKAGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return library


def run(library: Path, script: str, **environment: str) -> str:
    """What an R script prints that finds the package."""
    variables = os.environ | {"R_LIBS": str(library), "LC_ALL": "C.UTF-8", "R_PROFILE_USER": "", "NO_COLOR": "1"}
    for name in ("RECTIFIER_URL", "RECTIFIER_KEY", "RECTIFIER_GATEWAY_URL"):
        variables.pop(name, None)
    command = ["Rscript", "--no-init-file", "-e", script]
    done = subprocess.run(
        command, capture_output=True, text=True, env=variables | environment, check=False, cwd=library.parent
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _has(names: tuple[str, ...]) -> bool:
    found = "all(vapply(commandArgs(TRUE), requireNamespace, NA, quietly = TRUE))"
    done = subprocess.run(["Rscript", "-e", f"cat({found})", *names], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "TRUE"
