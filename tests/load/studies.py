"""Requests of four sizes, and the bytes that answer each: computed here, without the service."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import cache

from service.api.limits import Limits
from service.api.parts import calibration_parts
from service.api.reading.media import readers
from service.api.reading.whole import decoded

PATH, JSON = "/v1/calibrations", "application/json"
SIZES = {"small": (20, 0), "medium": (200, 2_000), "large": (500, 100_000), "huge": (1_000, 1_000_000)}
MIX = ("small",) * 80 + ("medium",) * 17 + ("large",) * 3
"""One hundred requests: how often each size comes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and its only right answer."""

    size: str
    body: bytes
    answer: bytes


@cache
def asked(size: str, seed: int = 0) -> Asked:
    """A study of this size."""
    n, m = SIZES[size]
    rng = random.Random(f"{size}{seed}")
    column = lambda count, mean: [round(rng.gauss(mean, 1), 3) for _ in range(count)]
    arms = []
    for name, mean in (("control", 3.0), ("treatment", 3.4)):
        human = column(n, mean)
        arm = {"name": name, "human": human, "llm": [round(h + rng.gauss(0, 0.7), 3) for h in human]}
        arms.append(arm | ({"llm_only": column(m, mean)} if m else {}))
    body = json.dumps({"data": {"layout": "arrays", "arms": arms}}).encode()
    return Asked(size, body, answer(body))


def answer(body: bytes) -> bytes:
    """What the service must answer, byte for byte."""
    computation = next(c for c in calibration_parts().computations if c.path == PATH)
    limits = Limits()
    takes = readers(computation.steps().request, computation.promised, limits.max_values, tabular=computation.tabular)
    wire, digest = decoded(takes[JSON], bytearray(body), "identity", {}, limits)
    return computation.steps().run(computation.steps().to_core(wire, digest, limits.bounds())).body
