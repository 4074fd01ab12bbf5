"""The twin_arms data: two published randomised studies with an LLM twin of every person, twelve cases."""

from __future__ import annotations

import csv
import gzip
import json
import os
from functools import cache
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[2] / os.environ.get("RECTIFIER_DATA", "../shared/data") / "twin_arms"
ABSENT = "the folder twin_arms of RECTIFIER_DATA (default ../shared/data) is absent"
CASES = json.loads((FOLDER / "expected.json").read_text())["cases"] if FOLDER.is_dir() else {"no data": {}}


@cache
def rows() -> list[dict[str, str]]:
    with gzip.open(FOLDER / "arms.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def arms_of(case: str) -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """Control and treated: name, human answers of the labelled, their twins' answers, the unlabelled twins' answers."""
    study, variable, twin = case.split("|")
    mine = [r for r in rows() if (r["study"], r["variable"]) == (study, variable)]

    def values(arm: str, labelled: str, column: str) -> np.ndarray:
        return np.array([float(r[column]) for r in mine if (r["D"], r["labeled"]) == (arm, labelled)])

    return [
        (name, values(d, "1", "human"), values(d, "1", twin), values(d, "0", twin))
        for d, name in (("0", "control"), ("1", "treated"))
    ]
