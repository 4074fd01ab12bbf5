"""One study in each layout, and ways to change, pack and read it."""

from __future__ import annotations

import base64
import copy
import json

import msgspec
import numpy as np
import pytest

from service.api.wire.sample import Data, to_core
from service.calibration.errors import InvalidSample
from service.calibration.sample import Sample

ARRAYS = {
    "layout": "arrays",
    "arms": [
        {"name": "control", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4], "llm_only": [3, 2, 4, 3, 3]},
        {"name": "treatment", "human": [4, 5, 4, None], "llm": [4, 4, 5, 5]},
    ],
}
TABLE = {
    "layout": "table",
    "prediction_design": "shared",
    "arm": ["control", "treatment", "control", "treatment", "control", "treatment", None],
    "outcomes": {"trust": [3, 4, 2, 5, 4, 4, None]},
    "predictions": [
        {"model": "gpt", "arm": "control", "values": [3.7, 4.3, 3.2, 4.1, 3.9, 3.0, 3.1]},
        {"model": "gpt", "arm": "treatment", "values": [4.2, 5.6, 4.5, 4.4, 4.0, 4.1, 4.2]},
    ],
    "covariates": {"age": [34, 51, 28, 44, 39, 60, 33], "sex": ["f", "m", "f", "m", "m", "f", "m"]},
    "unit": ["u1", "u2", "u3", "u4", "u5", "u6", "u7"],
    "human": [True] * 6 + [False],
}
MOMENTS = {
    "layout": "moments",
    "prediction_design": "shared",
    "predictions": [{"model": "gpt", "arm": "control"}, {"arm": "treatment"}],
    "arms": [
        {"name": a, "n": 60, "mean": [2.9, 3.1, 3.6], "covariance": [[1.4, 0.8, 0.7], [0.8, 1.1, 0.6], [0.7, 0.6, 1.2]]}
        for a in ("control", "treatment")
    ],
    "llm_only": [{"arm": None, "n": 600, "mean": [3.2, 3.7], "covariance": [[1.1, 0.6], [0.6, 1.2]]}],
}


def decoded(document: dict) -> Data:
    return msgspec.json.decode(json.dumps(document), type=Data)


def read(document: dict, missing: str = "error") -> Sample:
    return to_core(decoded(document), missing)


def refused(document: dict) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        read(document)
    return [(p.pointer, p.code) for p in found.value.problems]


def changed(document: dict, **fields) -> dict:
    return {**copy.deepcopy(document), **fields}


def packed(values, dtype: str = "<f8", **more) -> dict:
    return {"dtype": dtype, "data": base64.b64encode(np.array(values, dtype=dtype).tobytes()).decode(), **more}
