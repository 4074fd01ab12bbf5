"""Replicates of a study analysed by the product's own ``calibrate()`` and tallied per estimator.

A replicate is one sample and one call with ``compare``, which gives every estimator's interval on the same data. Each
batch of replicates has its own random stream, a function of the seed, the study and the batch, so that a row depends
neither on the number of workers nor on what ran before.
Formulas: coverage c = hits / R with Monte Carlo error sqrt(c(1 - c)/R); variance_ratio = Monte Carlo variance of the
estimate over that of human-only; mean_variance_ratio = mean estimated over Monte Carlo variance (1 is right).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

import numpy as np

from service.calibration.calibrate import calibrate
from service.calibration.inference import Result
from service.calibration.plan import Plan
from service.calibration.sample import Sample

SEED = 20260
BATCH = 250
PROBE = 20  # replicates whose widths are kept apart, so that a row can be recognised as made by other code

Analysis = Callable[[Sample, Plan], Mapping[str, Result]]


class Study(Protocol):
    """What can be simulated: a true value, a plan, a random stream per batch and samples drawn from it; hashable."""

    @property
    def truth(self) -> float: ...

    @property
    def plan(self) -> Plan: ...

    def stream(self, batch: int) -> np.random.Generator: ...

    def draw(self, rng: np.random.Generator) -> Sample: ...

    def identity(self) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over replicates of one estimator; ``probe`` is the width summed over the first PROBE replicates."""

    replicates: int = 0
    hits: int = 0
    width: float = 0.0
    error: float = 0.0
    error_square: float = 0.0
    variance: float = 0.0
    probe: float = 0.0

    def add(self, result: Result, truth: float, *, probed: bool) -> Tally:
        """This tally and one more replicate."""
        lower, upper = result.interval.lower, result.interval.upper
        assert lower is not None
        assert upper is not None
        error = result.estimate - truth
        return Tally(
            self.replicates + 1,
            self.hits + (lower <= truth <= upper),
            self.width + (upper - lower),
            self.error + error,
            self.error_square + error**2,
            self.variance + result.standard_error**2,
            self.probe + (upper - lower if probed else 0.0),
        )

    def merge(self, other: Tally) -> Tally:
        """Both tallies together."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def coverage(self) -> float:
        """Share of replicates whose interval contains the truth."""
        return self.hits / self.replicates

    @property
    def coverage_error(self) -> float:
        """Monte Carlo standard error of the coverage."""
        return float(np.sqrt(self.coverage * (1.0 - self.coverage) / self.replicates))

    @property
    def estimate_variance(self) -> float:
        """Monte Carlo variance of the estimate."""
        return (self.error_square - self.error**2 / self.replicates) / (self.replicates - 1)


@dataclass(frozen=True, slots=True)
class Batch:
    """A run of consecutive replicates of one study."""

    study: Study
    index: int
    replicates: int
    tallies: Mapping[str, Tally] = field(default_factory=dict)


def product(sample: Sample, plan: Plan) -> dict[str, Result]:
    """Every estimator's result for the first contrast, from one call of the product."""
    estimate = calibrate(sample, plan).estimates[0]
    return {plan.estimator: estimate.result} | {a.estimator: a.result for a in estimate.alternatives}


def batches(study: Study, replicates: int) -> list[Batch]:
    """The batches that make up this many replicates."""
    starts = range(0, replicates, BATCH)
    return [Batch(study, i, min(BATCH, replicates - start)) for i, start in enumerate(starts)]


def run(batch: Batch, analyse: Analysis = product) -> Batch:
    """The same batch with its tallies."""
    study, plan, truth = batch.study, batch.study.plan, batch.study.truth
    rng = study.stream(batch.index)
    tallies: dict[str, Tally] = {}
    for i in range(batch.replicates):
        probed = batch.index == 0 and i < PROBE
        for name, result in analyse(study.draw(rng), plan).items():
            tallies[name] = tallies.get(name, Tally()).add(result, truth, probed=probed)
    return Batch(study, batch.index, batch.replicates, tallies)


def total(done: Iterable[Batch]) -> dict[str, Tally]:
    """Tallies per estimator over all batches of a study, summed in the order of the batches."""
    ordered = sorted(done, key=lambda batch: batch.index)
    replicates = sum(batch.replicates for batch in ordered)
    merged = {
        name: reduce(Tally.merge, (batch.tallies.get(name, Tally()) for batch in ordered))
        for name in sorted({name for batch in ordered for name in batch.tallies})
    }
    silent = [name for name, tally in merged.items() if tally.replicates != replicates]
    if silent:
        raise ValueError(f"{ordered[0].study}: no answer in some replicates from {', '.join(silent)}")
    return merged


def tally(study: Study, replicates: int, analyse: Analysis = product) -> dict[str, Tally]:
    """Tallies per estimator of a study, in this process."""
    return total(run(batch, analyse) for batch in batches(study, replicates))


def rows(study: Study, tallies: Mapping[str, Tally], commit: str) -> list[dict]:
    """One result row per estimator."""
    human = tallies["human_only"]
    return [
        study.identity()
        | {
            "estimator": name,
            "coverage": t.coverage,
            "coverage_mc_error": t.coverage_error,
            "mean_width": t.width / t.replicates,
            "bias": t.error / t.replicates,
            "bias_mc_error": float(np.sqrt(t.estimate_variance / t.replicates)),
            "variance_ratio": t.estimate_variance / human.estimate_variance,
            "mean_variance_ratio": t.variance / t.replicates / t.estimate_variance,
            "probe_width": t.probe / PROBE,
            "replicates": t.replicates,
            "seed": SEED,
            "commit": commit,
        }
        for name, t in tallies.items()
    ]
