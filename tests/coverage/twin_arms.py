"""Resampling of two published randomised studies: does `auto` cover the difference that the whole study shows?

The persons of one outcome (492 to 600) are taken as the population, whose difference of human means between the arms is
the truth. A draw takes DRAWN persons from them with replacement, each with arm, human answer and LLM twin, and labels
LABELLED of them at random; the human answers of the others are not used, only their twins (independent arms).
Cases: 6 outcomes x 2 ways of asking the twin. The folder is ``twin_arms`` of RECTIFIER_DATA (default ../shared/data).
"""

from __future__ import annotations

import csv
import gzip
import os
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from service.calibration.inference import Result
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.moments import FloatArray
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.coverage.tally import SEED, product

FOLDER = Path(__file__).parents[2] / os.environ.get("RECTIFIER_DATA", "../shared/data") / "twin_arms"
DRAWN = 600
LABELLED = 195  # 32.5 % of the drawn persons, as in the committed split of the study with 600 persons
TWINS = ("twin_with_reasoning", "twin_full_persona_without_reasoning")


@dataclass(frozen=True, slots=True)
class Persons:
    """The persons of one outcome: arm (N,) with 1 for treated, human answer (N,), twin's answer (N,)."""

    treated: FloatArray
    human: FloatArray
    twin: FloatArray


@dataclass(frozen=True, slots=True)
class TwinCase:
    """One outcome of one study with one kind of twin."""

    study: str
    variable: str
    twin: str

    @property
    def truth(self) -> float:
        """Treated minus control among all persons."""
        everyone = persons(self)
        return float(everyone.human[everyone.treated == 1].mean() - everyone.human[everyone.treated == 0].mean())

    @property
    def plan(self) -> Plan:
        """The plan of every draw."""
        return Plan(compare=True)

    def stream(self, batch: int) -> np.random.Generator:
        """The random stream of one batch."""
        name = zlib.crc32(f"{self.study}|{self.variable}|{self.twin}".encode())
        return np.random.default_rng([SEED, name, batch])

    def draw(self, rng: np.random.Generator) -> Sample:
        """DRAWN persons with replacement, LABELLED of them with their human answer."""
        everyone = persons(self)
        drawn = rng.integers(0, everyone.human.shape[0], DRAWN)
        labelled = rng.permutation(DRAWN) < LABELLED
        arms = []
        for value, name in enumerate(("control", "treated")):
            own = everyone.treated[drawn] == value
            asked, other = drawn[own & labelled], drawn[own & ~labelled]
            arms.append(ArmArrays(name, everyone.human[asked], everyone.twin[asked], everyone.twin[other]))
        return from_arrays(arms)

    @property
    def may_refuse(self) -> bool:
        """Whether a replicate may have no answer."""
        return False

    def analyse(self, sample: Sample) -> dict[str, Result]:
        """Every estimator's result."""
        return product(sample, self.plan)

    def identity(self) -> dict[str, object]:
        """The fields of a row that name the case."""
        return {"study": self.study, "variable": self.variable, "twin": self.twin}


@cache
def table() -> tuple[dict[str, str], ...]:
    """Every row of the data file."""
    with gzip.open(FOLDER / "arms.csv.gz", "rt", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def persons(case: TwinCase) -> Persons:
    """The persons of a case."""
    mine = [row for row in table() if (row["study"], row["variable"]) == (case.study, case.variable)]
    return Persons(*(np.array([float(row[name]) for row in mine]) for name in ("D", "human", case.twin)))


def cases() -> tuple[TwinCase, ...]:
    """Every outcome with every kind of twin."""
    outcomes = dict.fromkeys((row["study"], row["variable"]) for row in table())
    return tuple(TwinCase(study, variable, twin) for study, variable in outcomes for twin in TWINS)
