"""The archive of Hewitt, Ashokkumar, Ghezae & Willer: 235 effects of 70 survey experiments, and what LLMs predicted."""

from __future__ import annotations

import csv
import gzip
import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from service.calibration.track_records.record import NewEffect, TrackRecord, effects, split_of

FOLDER = Path(__file__).parents[2] / os.environ.get("RECTIFIER_DATA", "../shared/data") / "hewitt_tess_track_record"
ABSENT = "the folder hewitt_tess_track_record of RECTIFIER_DATA (default ../shared/data) is absent"
CASES = json.loads((FOLDER / "expected.json").read_text())["cases"] if FOLDER.is_dir() else {"no|data": {}}


@cache
def columns() -> dict[str, np.ndarray]:
    with gzip.open(FOLDER / "effects.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [name for name in rows[0] if name.startswith(("effect", "se_", "pred"))]
    found = {name: np.array([float(row[name]) for row in rows]) for name in numbers}
    return found | {"study": np.array([row["study"] for row in rows])}


@cache
def covariance() -> np.ndarray:
    matrix = np.zeros((len(columns()["study"]),) * 2)
    with gzip.open(FOLDER / "effects_cov.csv.gz", "rt", newline="") as file:
        for row in csv.DictReader(file):
            i, j = int(row["i"]), int(row["j"])
            matrix[i, j] = matrix[j, i] = float(row["v"])
    return matrix


def record_of(predictor: str) -> TrackRecord:
    """All effects with one predictor, whose errors are not known; a new effect of .1."""
    human, llm = columns()["effect_human"], columns()[predictor]
    return TrackRecord(
        names=tuple(map(str, columns()["study"])),
        human=effects(list(human), list(columns()["se_human"])),
        llm=effects(list(llm), [0.0] * len(llm)),
        covariance=covariance(),
        new=NewEffect("new", 0.1, 0.0),
        confidence_level=0.95,
        error_split=split_of(0.95),
    )


def without(record: TrackRecord, left_out: str) -> TrackRecord:
    """The record without a study."""
    kept = np.array([name != left_out for name in record.names])
    assert record.covariance is not None
    return replace(
        record,
        names=tuple(name for name in record.names if name != left_out),
        human=effects(list(record.human.estimate[kept]), list(record.human.standard_error[kept])),
        llm=effects(list(record.llm.estimate[kept]), list(record.llm.standard_error[kept])),
        covariance=record.covariance[np.ix_(kept, kept)],
    )


def about(record: TrackRecord, effect: float, level: float) -> TrackRecord:
    """The record asked about another new LLM effect, at another level."""
    return replace(record, new=NewEffect("new", effect, 0.0), confidence_level=level, error_split=split_of(level))
