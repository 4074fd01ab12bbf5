"""Samples for the tests of quantiles: every data feature that the engine knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.calibration.sample import Sample
from tests.calibration.studies import Study, simulate


def tied(study: Study) -> Study:
    """The study on a scale of five answers, humans and LLMs alike."""
    level = float(np.concatenate(study.y).mean())

    def scale(values: np.ndarray) -> np.ndarray:
        return np.clip(np.round(3.0 + (values - level) * 1.1), 1.0, 5.0)

    return study.with_y(scale).with_c(scale)


def surveyed(sample: Sample, seed: int, *, weight=False, cluster=False, stratum=False, probability=False) -> Sample:
    """The sample with a survey design of its own; clusters span arms, humans and LLM-only units."""
    rng = np.random.default_rng(seed)

    def designed(units):
        if units is None:
            return None
        n = units.n
        found = {}
        if weight:
            found["weight"] = rng.uniform(0.5, 2.0, n)
        if cluster:
            found["cluster"] = rng.integers(0, 25, n)
        if stratum:
            found["stratum"] = np.arange(n) % 2
        if probability:
            found["sampling_probability"] = rng.uniform(0.1, 0.6, n) if units.y is not None else None
        return replace(units, **found)

    return replace(
        sample,
        human=tuple(designed(s) for s in sample.human),
        llm_only=tuple(designed(s) for s in sample.llm_only),
        strata=("a", "b") if stratum else (),
    )


ONE = simulate(11, (40,), 150, outcome="skewed")
TWO = simulate(12, (40, 45), (150, 120), outcome="skewed")
TWINS = simulate(13, (40, 45), 120, design="shared", models=2)
SAMPLES = {
    "one": ONE.sample(),
    "two arms": TWO.sample(),
    "ties": tied(TWO).sample(),
    "two LLMs and a covariate": simulate(14, (45,), 150, models=2, covariates=1).sample(),
    "twins": TWINS.sample(),
    "no LLM-only units": simulate(15, (40, 45)).sample(),
    "weights": surveyed(TWO.sample(), 1, weight=True),
    "clusters": surveyed(TWO.sample(), 2, cluster=True),
    "clustered twins": surveyed(TWINS.sample(), 3, cluster=True),
    "strata": surveyed(TWO.sample(), 4, stratum=True),
    "probabilities": surveyed(TWO.sample(), 5, probability=True),
    "far from 0": TWO.with_y(lambda y: y + 1e7).with_c(lambda c: c + 1e7).sample(),
}
