"""Replicates of a study analysed by the product's own ``calibrate()`` and tallied per estimator.

A replicate is one sample and one call with ``compare``, which gives every estimator's interval on the same data. Each
batch of replicates has its own random stream, a function of the seed, the study and the batch, so that a row depends
neither on the number of workers nor on what ran before.
Formulas: coverage c = hits / R with Monte Carlo error sqrt(c(1 - c)/R); variance_ratio = Monte Carlo variance of the
estimate over that of human-only; mean_variance_ratio = mean estimated over Monte Carlo variance (1 is right).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from math import inf, isfinite
from typing import Protocol, TypeVar

import numpy as np

from service.calibration.calibrate import calibrate
from service.calibration.inference import Result
from service.calibration.plan import Plan
from service.calibration.sample import Sample

SEED = 20260
BATCH = 250
ESTIMATORS = ("auto", "regression", "human_only", "ppi", "power_tuned", "arm_tuned")
PROBE = 20  # replicates whose widths are kept apart, so that a row can be recognised as made by other code

S = TypeVar("S")


class Study(Protocol[S]):
    """What can be simulated: a true value, a random stream per batch, samples drawn and their analysis; hashable.

    ``analyse`` gives a result per estimator (or estimator/interval); a study that ``may_refuse`` can leave some out.
    """

    @property
    def truth(self) -> float: ...

    @property
    def may_refuse(self) -> bool: ...

    def stream(self, batch: int) -> np.random.Generator: ...

    def draw(self, rng: np.random.Generator) -> S: ...

    def analyse(self, sample: S) -> Mapping[str, Result]: ...

    def identity(self) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over replicates of one estimator; ``probe`` is the width summed over the first PROBE replicates.

    An interval that is open on a side counts in ``unbounded`` and in no width.
    """

    replicates: int = 0
    hits: int = 0
    width: float = 0.0
    error: float = 0.0
    error_square: float = 0.0
    variance: float = 0.0
    probe: float = 0.0
    unbounded: int = 0

    def add(self, result: Result, truth: float, *, probed: bool) -> Tally:
        """This tally and one more replicate."""
        lower = -inf if result.interval.lower is None else result.interval.lower
        upper = inf if result.interval.upper is None else result.interval.upper
        width = upper - lower if isfinite(upper - lower) else 0.0
        error = result.estimate - truth
        return Tally(
            self.replicates + 1,
            self.hits + (lower <= truth <= upper),
            self.width + width,
            self.error + error,
            self.error_square + error**2,
            self.variance + result.standard_error**2,
            self.probe + (width if probed else 0.0),
            self.unbounded + (not isfinite(upper - lower)),
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
    """The result of each of ESTIMATORS for the first contrast, from one call of the product."""
    estimate = calibrate(sample, plan).estimates[0]
    others = {a.estimator: a.result for a in estimate.alternatives if a.estimator in ESTIMATORS}
    return {plan.estimator: estimate.result} | others


def batches(study: Study, replicates: int) -> list[Batch]:
    """The batches that make up this many replicates."""
    starts = range(0, replicates, BATCH)
    return [Batch(study, i, min(BATCH, replicates - start)) for i, start in enumerate(starts)]


def run(batch: Batch) -> Batch:
    """The same batch with its tallies."""
    study, truth = batch.study, batch.study.truth
    rng = study.stream(batch.index)
    tallies: dict[str, Tally] = {}
    for i in range(batch.replicates):
        probed = batch.index == 0 and i < PROBE
        for name, result in study.analyse(study.draw(rng)).items():
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
    if silent and not ordered[0].study.may_refuse:
        raise ValueError(f"{ordered[0].study}: no answer in some replicates from {', '.join(silent)}")
    return merged


def tally(study: Study, replicates: int) -> dict[str, Tally]:
    """Tallies per estimator of a study, in this process."""
    return total(map(run, batches(study, replicates)))


def rows(study: Study, tallies: Mapping[str, Tally], replicates: int, commit: str) -> list[dict]:
    """One result row per estimator; ``refused`` counts the replicates without an answer."""
    human = tallies.get("human_only") or tallies.get("human_only/t") or next(iter(tallies.values()), Tally())
    return [
        study.identity()
        | {
            "estimator": name,
            "refused": replicates - t.replicates,
            "coverage": t.coverage,
            "coverage_mc_error": t.coverage_error,
            "mean_width": t.width / max(1, t.replicates - t.unbounded),
            "unbounded": t.unbounded,
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
        if t.replicates > 1
    ]
