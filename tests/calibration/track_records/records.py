"""Records of past studies for tests: plain numbers, seeded."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.calibration.track_records.record import NewEffect, TrackRecord, effects, split_of


def record(human: Any, llm: Any, **other: Any) -> TrackRecord:
    """A record; standard errors .05 and 0, one contrast per study, a new LLM effect of .1 and level .95 by default."""
    n, level = len(human), other.get("level", 0.95)
    return TrackRecord(
        names=tuple(other.get("names", map(str, range(n)))),
        human=effects(human, other.get("se", [0.05] * n)),
        llm=effects(llm, other.get("llm_se", [0.0] * n)),
        covariance=other.get("covariance"),
        new=other.get("new", NewEffect("new", 0.1, 0.0)),
        confidence_level=level,
        error_split=other.get("split", split_of(level)),
    )


def drawn(n: int, seed: int = 0, llm_error: float = 0.0, **other: Any) -> TrackRecord:
    """A record whose human effects follow .02 + .6 LLM effect, with SD .1 about it."""
    rng = np.random.default_rng(seed)
    llm = rng.normal(0, 0.2, n)
    se = 0.05 * np.exp(rng.uniform(-0.7, 0.7, n))
    human = 0.02 + 0.6 * llm + rng.normal(0, 0.1, n) + se * rng.normal(size=n)
    errors = llm_error * np.exp(rng.uniform(-0.5, 0.5, n))
    return record(human, llm + errors * rng.normal(size=n), **({"se": se, "llm_se": errors} | other))


def in_studies(sizes: tuple[int, ...], seed: int = 0, **other: Any) -> TrackRecord:
    """Several contrasts per study, those of one study with correlated errors (a common control)."""
    names = [f"s{i}" for i, size in enumerate(sizes) for _ in range(size)]
    plain = drawn(len(names), seed, names=names, **other)
    alike = np.equal.outer(names, names)
    error = plain.human.standard_error
    covariance = np.where(alike, 0.5 * np.outer(error, error), 0.0) + np.diag(0.5 * error**2)
    return drawn(len(names), seed, names=names, covariance=covariance, **other)
