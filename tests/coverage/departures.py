"""The cells that depart from the Gaussian centre, and the intervals that are compared in each.

A replicate is one sample; the product resolves the plan once and infers every listed estimator and interval from it.
A sample that the product refuses (all answers alike, say) counts as refused, not as covered.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from service.calibration.errors import CalibrationError
from service.calibration.estimators import estimator
from service.calibration.inference import Result, infer
from service.calibration.intervals.auto import chosen
from service.calibration.plan import Identification, Plan
from service.calibration.resolution import resolve
from service.calibration.sample import Sample
from tests.coverage import departure_populations as populations
from tests.coverage.tally import SEED

MANY, FEW = 20_000, 1_000
RESAMPLED = 499  # resamples and re-assignments per study
CLOSED = (("regression", "t"), ("auto", "t"), ("human_only", "t"))
SHARES = (*CLOSED, ("regression", "score"), ("human_only", "score"), ("regression", "auto"), ("human_only", "auto"))
DRAWN = (("regression", "bootstrap_t"), ("regression", "bootstrap"), ("human_only", "bootstrap_t"))
DEALT = (*DRAWN, ("human_only", "randomization"))
BETS = (("regression", "betting"), ("human_only", "betting"))
P = (0.02, 0.1, 0.5)
SHARE_SIZES = (10, 20, 30, 50, 200)
SIZES = (10, 20, 50, 200)


@dataclass(frozen=True, slots=True, eq=False)
class Departure:
    """A kind of study, its size and its parameter, with the truth, how it is drawn and which intervals are made.

    Cells are the same when their names are (``identity``), in whichever process they were made.
    """

    name: str
    n: int
    parameter: float
    truth: float
    draw_one: Callable[[np.random.Generator], Sample]
    methods: tuple[tuple[str, str], ...] = CLOSED
    replicates: int = MANY
    identification: Identification | None = "exchangeability"
    bounds: tuple[float, float] | None = None
    shares: Mapping[str, float] | None = None

    def __eq__(self, other: object) -> bool:
        """Same name, size, parameter and kind of interval."""
        return isinstance(other, Departure) and self.identity() == other.identity()

    def __hash__(self) -> int:
        """Of the name alone: cells are few."""
        return hash(tuple(self.identity().values()))

    @property
    def plan(self) -> Plan:
        """The plan of every replicate."""
        return Plan(identification=self.identification, stratum_shares=self.shares, seed=1)

    def stream(self, batch: int) -> np.random.Generator:
        """The random stream of one batch."""
        return np.random.default_rng([SEED, zlib.crc32(f"{self.name}|{self.n}|{self.parameter}".encode()), batch])

    def draw(self, rng: np.random.Generator) -> Sample | None:
        """One sample; None where the product refuses it."""
        try:
            return self.draw_one(rng)
        except CalibrationError:
            return None

    def analyse(self, sample: Sample | None) -> dict[str, Result]:
        """Every method's result, keyed estimator/interval; those the product refuses are left out."""
        if sample is None:
            return {}
        resolved = resolve(sample, self.plan)
        t = resolved.cells(resolved.contrasts[0].weights)
        found = {}
        for name, interval in self.methods:
            method = chosen(sample).method if interval == "auto" else interval
            settings = replace(
                resolved.settings, method=method, bounds=self.bounds, null_value=None, replicates=RESAMPLED
            )
            try:
                found[f"{name}/{interval}"] = infer(estimator(name).fit(resolved.frame, t), t, settings)
            except CalibrationError:
                continue
        return found

    @property
    def may_refuse(self) -> bool:
        """All answers alike, or an interval that does not go with the data, leave a replicate without an answer."""
        return True

    def identity(self) -> dict[str, object]:
        """The fields of a row that name the cell; cells with resampling intervals are apart."""
        return {"cell": self.name, "n": self.n, "parameter": self.parameter, "resampled": self.replicates == FEW}


def _shares() -> list[Departure]:
    found = []
    for n in SHARE_SIZES:
        for p in P:
            seen = populations.binary(p)
            one, two = partial(populations.population, n=n, seen=seen), partial(populations.twins, n=n, seen=seen)
            found += [
                Departure("binary", n, p, p, one, SHARES),
                Departure("binary difference", n, p, 0.0, two, SHARES),
                Departure("binary", n, p, p, one, (*DRAWN, *BETS), FEW, bounds=(0.0, 1.0)),
                Departure("binary difference", n, p, 0.0, two, (*DEALT, *BETS), FEW, bounds=(0.0, 1.0)),
            ]
    return found


def _outcomes() -> list[Departure]:
    found = []
    for n in SIZES:
        for name, seen, truth in (
            ("likert", populations.likert, populations.likert_mean()),
            ("lognormal", populations.lognormal, populations.lognormal_mean()),
        ):
            one, two = partial(populations.population, n=n, seen=seen), partial(populations.twins, n=n, seen=seen)
            bounds = (1.0, 5.0) if name == "likert" else None
            bets = BETS if bounds else ()
            found += [
                Departure(name, n, 0.0, truth, one),
                Departure(name, n, 0.0, truth, one, (*DRAWN, *bets), FEW, bounds=bounds),
                Departure(f"{name} difference", n, 0.0, 0.0, two),
                Departure(f"{name} difference", n, 0.0, 0.0, two, (*DEALT, *bets), FEW, bounds=bounds),
            ]
        uneven = partial(populations.heteroskedastic, n=n)
        found += [
            Departure("heteroskedastic", n, 0.0, 0.0, uneven),
            Departure("heteroskedastic", n, 0.0, 0.0, uneven, DRAWN, FEW),
        ]
    return found


def _designs() -> list[Departure]:
    found = [
        Departure("weights", n, cv, populations.RHO * populations.TIE * populations.log_spread(cv), draw)
        for cv in (0.3, 0.8)
        for n in (20, 50, 200)
        for draw in (partial(populations.weights, n=n, cv=cv),)
    ]
    found += [
        Departure(f"clusters {kind}", count, 0.0, 0.0, partial(populations.clusters, count=count, kind=kind))
        for kind in ("apart", "spanning", "weighted")
        for count in (15, 30, 100)
    ]
    found += [
        Departure(f"clusters {kind}", 120, 0.0, 0.0, partial(populations.clusters, count=120, kind=kind))
        for kind in ("ignored", "spanning")
    ]
    found += [
        Departure(
            f"clusters {name}", 120, 0.0, 0.0, partial(populations.twin_items, count=120, told=told), CLOSED, MANY, None
        )
        for name, told in (("of twin items", True), ("of twin items ignored", False))
    ]
    found += [
        Departure(
            "strata",
            size,
            float(count),
            0.5,
            partial(populations.strata, per_stratum=size, count=count),
            shares={f"{h}": 1.0 / count for h in range(count)},
        )
        for size, count in ((8, 3), (8, 6), (4, 6), (20, 6))
    ]
    found += [
        Departure("probabilities", frame, 0.0, 0.0, partial(populations.probabilities, frame=frame), CLOSED, MANY, None)
        for frame in (100, 200, 600, 2000)
    ]
    return found


DEPARTURES: tuple[Departure, ...] = (*_designs(), *_shares(), *_outcomes())
