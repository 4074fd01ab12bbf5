"""A cell: one kind of study at one size, one thing harder than the centre, and what is asked of it.

A replicate is one study drawn and one call of the product. Each replicate has its own random stream, a function of the
seed, the cell's name and the replicate, so that any of them can be made again alone.
A replicate that the service refuses counts as refused, with its code, and not as covered.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from service.calibration.answer import Answer, EstimateBlock
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.inference import Result
from service.calibration.plan import Plan
from service.calibration.psps import Summary
from service.calibration.sample import Sample
from service.calibration.summarised import calibrate_summary
from tests.coverage.tally import SEED


class Study(Protocol):
    """What can be drawn: its size, the true value of every component and a study."""

    @property
    def n(self) -> int: ...

    @property
    def truth(self) -> Mapping[str, float]: ...

    def draw(self, rng: np.random.Generator) -> Sequence[Sample] | Summary: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One replicate: (result, human-only result) by (estimator, component), warnings; or the code of a refusal."""

    results: Mapping[tuple[str, str], tuple[Result, Result]] = field(default_factory=dict)
    warnings: frozenset[str] = frozenset()
    refused: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A cell by its names; ``also`` are estimators whose results on the same studies are kept beside the plan's."""

    estimand: str
    departure: str
    study: Study
    plan: Plan
    replicates: int
    also: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Humans (per arm where there are arms of a quantile), respondents of a conjoint."""
        return self.study.n

    @property
    def name(self) -> str:
        """What the cell is called, in rows and tests."""
        return f"{self.estimand}, {self.departure}, {self.n}"

    def replicate(self, index: int) -> Outcome:
        """One replicate."""
        rng = np.random.default_rng([SEED, zlib.crc32(self.name.encode()), index])
        try:
            drawn = self.study.draw(rng)
            answer = calibrate_summary(drawn, self.plan) if isinstance(drawn, Summary) else calibrate(drawn, self.plan)
        except CalibrationError as refused:
            return Outcome(refused=refused.problems[0].code)
        return Outcome(dict(self._results(answer)), frozenset(w.code for w in answer.warnings))

    def _results(self, answer: Answer) -> Iterator[tuple[tuple[str, str], tuple[Result, Result]]]:
        wanted = self.study.truth
        for block in answer.estimates:
            name = component(block)
            if name not in wanted:
                continue
            yield (self.plan.estimator, name), (block.result, block.human_only)
            for other in block.alternatives:
                if other.estimator in self.also:
                    yield (other.estimator, name), (other.result, block.human_only)


def component(block: EstimateBlock) -> str:
    """What an estimate is called: subgroup, contrast where there is one, component."""
    own = [part for part in (None if block.name == "all" else block.name, block.component) if part]
    return (f"{block.subgroup}: " if block.subgroup else "") + (" ".join(own) or "estimate")
