"""The grid: which simulated studies are run, smallest samples first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.inference import Result
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.coverage.populations import SCENARIOS, scenario
from tests.coverage.tally import SEED, product

SIZES = (10, 20, 50, 200)
CORRELATIONS = (0.0, 0.3, 0.7, 0.9)
HEADLINE_SIZES = (10, 20, 50)
HEADLINE_CORRELATION = 0.7


@dataclass(frozen=True, slots=True)
class Cell:
    """Scenario, humans per arm, correlation; ``compat`` gives the historical estimators their published form."""

    scenario: str
    n: int
    rho: float
    compat: bool = False

    @property
    def truth(self) -> float:
        """What the intervals should contain."""
        return scenario(self.scenario).truth

    @property
    def plan(self) -> Plan:
        """The plan of every replicate."""
        return Plan(identification=scenario(self.scenario).identification, compare=True, compat=self.compat)

    def stream(self, batch: int) -> np.random.Generator:
        """The random stream of one batch; the same with and without ``compat``."""
        index = [s.name for s in SCENARIOS].index(self.scenario)
        return np.random.default_rng([SEED, index, self.n, round(100 * self.rho), batch])

    def draw(self, rng: np.random.Generator) -> Sample:
        """One sample."""
        return scenario(self.scenario).draw(rng, self.n, self.rho)

    @property
    def may_refuse(self) -> bool:
        """Whether a replicate may have no answer."""
        return False

    def analyse(self, sample: Sample) -> dict[str, Result]:
        """Every estimator's result."""
        return product(sample, self.plan)

    def identity(self) -> dict[str, object]:
        """The fields of a row that name the cell."""
        return {"scenario": self.scenario, "n": self.n, "rho": self.rho, "compat": self.compat}


GRID: tuple[Cell, ...] = tuple(Cell(s.name, n, rho) for n in SIZES for s in SCENARIOS for rho in CORRELATIONS)
HEADLINE: tuple[Cell, ...] = tuple(Cell("one_population", n, HEADLINE_CORRELATION, compat=True) for n in HEADLINE_SIZES)
CELLS: tuple[Cell, ...] = tuple(sorted(GRID + HEADLINE, key=lambda cell: cell.n))
