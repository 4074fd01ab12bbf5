"""The real wire contract, broken at random: JSON, MessagePack and CSV accept and refuse the same studies alike."""

from __future__ import annotations

import copy
import csv
import io
import json
import random

import msgspec

from service.api.reading.media import readers
from service.api.routes.calibrations import PROMISED
from service.api.wire.calibration import CalibrationRequest, to_core
from service.calibration.errors import CalibrationError
from service.web.problems import ProblemError
from tests.api.wire.layouts.study import ARRAYS, MOMENTS, TABLE
from tests.web.refusals import changed
from tests.web.test_strict_json import REPLACEMENTS, places

READERS = readers(CalibrationRequest, PROMISED, 10_000, tabular=True)
JSON, PACKED, CSV = "application/json", "application/vnd.msgpack", "text/csv"
CELLS = ["", "1", "2.5", "-3e2", "NA", "TRUE", "1,5", "x", "1e999"]


def outcome(media_type: str, body: bytes, query: dict[str, str] | None = None) -> object:
    """What becomes of a body: the number of rows that reach the core, or where and why it is refused."""
    try:
        job = to_core(READERS[media_type].decode(body, query or {}))
    except (ProblemError, CalibrationError) as refused:
        found = refused.problems if isinstance(refused, CalibrationError) else refused.errors
        return sorted((p.pointer, p.code) for p in found) or refused.code
    return job.work


def test_json_and_messagepack() -> None:
    rng = random.Random(31)
    seen = {True: 0, False: 0}
    for _ in range(2000):
        document = {"data": copy.deepcopy(rng.choice([ARRAYS, TABLE, MOMENTS])), "plan": {"missing": "drop_unit"}}
        for _ in range(rng.choice([0, 1, 1, 2])):
            value = copy.deepcopy(rng.choice(REPLACEMENTS))
            if value != 10**400:  # which MessagePack cannot say
                document = changed(rng.choice(places(document)), value, document)
        ours = outcome(PACKED, msgspec.msgpack.encode(document))
        assert ours == outcome(JSON, json.dumps(document).encode()), document
        seen[isinstance(ours, float)] += 1
    assert min(seen.values()) > 300


def test_json_and_csv() -> None:
    rng = random.Random(37)
    seen = {True: 0, False: 0}
    for _ in range(1000):
        cells = {
            "y": ["3", "4", "2", "5", "4", "4", ""],
            "arm": ["control", "treatment"] * 3 + [""],
            "p": ["3.7", "4.3", "3.2", "4.1", "3.9", "3.0", "3.1"],
            "age": ["34", "51", "28", "44", "39", "60", "33"],
        }
        for _ in range(rng.choice([0, 1, 1, 2])):
            rng.choice([cells["y"], cells["p"], cells["age"]])[rng.randrange(7)] = rng.choice(CELLS)
        data = TABLE | {
            "arm": "arm",
            "outcomes": {"trust": "y"},
            "covariates": {"age": "age"},
            "unit": None,
            "human": None,
        }
        data["predictions"] = [{"model": "gpt", "arm": "control", "values": "p"}]
        typed = {name: [value(c) for c in column] for name, column in cells.items()}
        whole = data | {"arm": typed["arm"], "outcomes": {"trust": typed["y"]}, "covariates": {"age": typed["age"]}}
        whole["predictions"] = [data["predictions"][0] | {"values": typed["p"]}]
        expected = outcome(JSON, json.dumps({"data": whole}).replace("Infinity", "1e999").encode())
        out = io.StringIO(newline="")
        csv.writer(out).writerows([cells, *zip(*cells.values(), strict=True)])
        assert outcome(CSV, out.getvalue().encode(), {"data": json.dumps(data)}) == expected, cells
        seen[isinstance(expected, float)] += 1
    assert min(seen.values()) > 200


def value(cell: str) -> float | str | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell
