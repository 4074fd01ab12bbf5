"""Many outcomes in one request against a loop of ppi-python calls on the same float64 arrays, one BLAS thread."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import msgspec
import numpy as np
from ppi_py import ppi_mean_ci

from benchmarks.core import cpu
from service.api.reading.media import readers
from service.api.wire import answer as wire
from service.api.wire.calibration import ENCODER, CalibrationRequest, run, to_core
from service.api.wire.sample import Bounds
from service.calibration.calibrate import calibrate
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table, from_table
from service.calibration.matrix import Inferred, arm_results, contrasted, inferred
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from service.calibration.samples import ArmMatrix

PLAN = Plan(estimator="regression")
BOUNDS = Bounds(max_columns=1000)  # RECTIFIER_MAX_PREDICTION_COLUMNS; every outcome has a column


@dataclass(frozen=True, slots=True)
class Study:
    """Outcomes and predictions (K, n) of the humans, predictions (K, m) beyond them."""

    y: np.ndarray
    c: np.ndarray
    only: np.ndarray


def study(outcomes: int, n: int, m: int) -> Study:
    rng = np.random.default_rng(n + m)
    y = rng.normal(size=(outcomes, n))
    return Study(y, y + rng.normal(size=(outcomes, n)), rng.normal(size=(outcomes, m)))


def columns(data: Study) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and predictions (K, n + m) of a table, NaN where no human answered."""
    return np.hstack([data.y, np.full(data.only.shape, np.nan)]), np.hstack([data.c, data.only])


def samples(data: Study) -> tuple[Sample, ...]:
    y, f = columns(data)
    predictions = tuple(PredictionColumn(row, outcome=f"y{k}") for k, row in enumerate(f))
    return from_table(Table(tuple((f"y{k}", row) for k, row in enumerate(y)), predictions))


def body(data: Study, *, packed: bool) -> bytes:
    """The request, its columns as binary arrays: in MessagePack, or base64 in JSON."""
    y, f = columns(data)

    def array(row: np.ndarray) -> dict[str, object]:
        return {"dtype": "<f8", "data": row.tobytes() if packed else base64.b64encode(row.tobytes()).decode()}

    table = {
        "layout": "table",
        "outcomes": {f"y{k}": array(row) for k, row in enumerate(y)},
        "predictions": [{"values": array(row), "outcome": f"y{k}"} for k, row in enumerate(f)],
    }
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    return encode({"data": table, "plan": {"estimator": "regression"}})


def loop(data: Study) -> None:
    for y, c, only in zip(data.y, data.c, data.only, strict=True):
        ppi_mean_ci(y, c, only, alpha=0.05)


def arithmetic(data: Study) -> Inferred:
    """Estimate, error, df, p-value and interval of every outcome from arrays that are ready."""
    arm = arm_results(ArmMatrix(data.y, data.c, data.only))
    return inferred(*contrasted([arm], [arm.usable], np.ones(1)), 0.95, 0.0)


def answered(sent: bytes, media_type: str) -> Callable[[], bytes]:
    """From the bytes of a request to the bytes of its answer, without HTTP."""
    decode = readers(CalibrationRequest, (), BOUNDS.max_numbers, tabular=False)[media_type].decode
    return lambda: run(to_core(decode(sent, {}), bounds=BOUNDS))


def written(ready: tuple[Sample, ...]) -> Callable[[], bytes]:
    """The last step alone: the wire's answer, made beforehand, to bytes; no whole request can take less."""
    answer = wire.from_core(calibrate(ready, PLAN), wire.Digests("", ""))
    return lambda: ENCODER.encode(answer)


def against_loop(outcomes: int, n: int, m: int, *, rounds: int = 7) -> dict[str, tuple[float, float, float]]:
    """Per stage: median CPU seconds of the loop and ours, and the median ratio over interleaved rounds."""
    data = study(outcomes, n, m)
    ready = samples(data)
    stages: dict[str, Callable[[], object]] = {
        "arithmetic on arrays": lambda: arithmetic(data),
        "calibrate()": lambda: calibrate(ready, PLAN),
        "writing the answer alone": written(ready),
        "request in MessagePack": answered(body(data, packed=True), "application/msgpack"),
        "request in JSON, base64": answered(body(data, packed=False), "application/json"),
    }
    theirs: list[float] = []
    ours: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(rounds):
        theirs.append(cpu(lambda: loop(data), 1))
        for name, stage in stages.items():
            ours[name].append(cpu(stage, 3))
    return {
        name: (median(theirs), median(taken), median(a / b for a, b in zip(theirs, taken, strict=True)))
        for name, taken in ours.items()
    }
