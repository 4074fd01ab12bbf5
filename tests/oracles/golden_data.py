"""golden/ as the published forms take it: designs (intercept, D, X) with outcomes and predictions of both kinds."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np

from service.calibration.published.rows import Rows

GOLDEN = Path(__file__).parent / "golden"
PPI_PY = json.loads((GOLDEN / "ppi_py_0.2.3.json").read_text())


@cache
def column(file: str, name: str) -> np.ndarray:
    """One column of labelled.csv or unlabelled.csv."""
    with (GOLDEN / file).open() as rows:
        return np.array([float(row[name]) for row in csv.DictReader(rows)])


def golden(outcome: str, prediction: str) -> Rows:
    """The humans (labelled) and LLM-only units (unlabelled) on intercept + D + X, as make.py and ipd.R have them."""
    designs = []
    for file in ("labelled.csv", "unlabelled.csv"):
        d, x = column(file, "D"), column(file, "X")
        designs.append(np.vstack([np.ones(len(d)), d, x]))
    return Rows(
        designs[0],
        column("labelled.csv", outcome),
        column("labelled.csv", prediction),
        designs[1],
        column("unlabelled.csv", prediction),
    )


def ipd(method: str, model: str) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and standard errors (3,) of a line of ipd_0.4.1.9000.txt."""
    lines = [line.split() for line in (GOLDEN / "ipd_0.4.1.9000.txt").read_text().splitlines()]
    (words,) = (words[2:] for words in lines if words[:2] == [method, model])
    numbers = np.array([float(word) for word in words if word != "|"])
    return numbers[:3], numbers[3:]
