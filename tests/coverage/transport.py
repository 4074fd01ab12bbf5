"""Coverage of estimates transported to a target population, through ``calibrate``; prints a table line by cell.

    python -m tests.coverage.transport 2000

30 % of the sampled people are women and their mean age is 40; of the target's 60 % and 45. The effect is .2, 1 more for
women and .03 more for each year above 40: .50 in the sampled population, .95 in the target. An LLM knows half of what
age and sex do not explain. ``unweighted`` is the same analysis without a target, whose interval is of the sampled
population. In cells with rows the target is known by so many of its people.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from service.calibration.errors import CalibrationError
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.target import Target
from tests.calibration.transports import LEVEL, TARGET, THERE, answered, people, table


@dataclass(frozen=True)
class Cell:
    """Humans, LLM-only units, what is estimated and how the target is known."""

    n: int
    m: int
    kind: str = "twins"
    rows: int = 0
    weighted: bool = False
    together: int = 1

    @property
    def truth(self) -> float:
        return LEVEL if self.kind == "one" else THERE


CELLS = (
    *(Cell(n, 6 * n, kind) for kind in ("twins", "exchangeable", "one") for n in (60, 120, 400)),
    Cell(200, 1200, weighted=True),
    *(Cell(200, 1200, rows=rows) for rows in (50, 400)),
    Cell(400, 1200, together=5),
)


def target_rows(rng: np.random.Generator, size: int) -> Target:
    sex, age = people(rng, size, 0.6, 45.0)
    return Target(None, (("sex", Labels(sex, ("m", "f"))), ("age", age)))


def study(cell: Cell, rng: np.random.Generator):
    """A study, its target and its plan."""
    data = table(rng, cell.n, cell.m, arms=cell.kind != "one", weighted=cell.weighted)
    if cell.together > 1:
        cluster = np.arange(cell.n + cell.m) // cell.together
        taste = 0.7 * rng.normal(size=cell.n + cell.m)[cluster]
        ((name, y),) = data.outcomes
        said = tuple(replace(p, values=p.values + 0.5 * taste) for p in data.predictions)
        data = replace(
            data, outcomes=((name, y + taste),), predictions=said, survey=Survey(cluster=cluster.astype(float))
        )
    plan = {"identification": "exchangeability"} if cell.kind == "exchangeable" else {}
    return data, target_rows(rng, cell.rows) if cell.rows else TARGET, plan


def row(cell: Cell, replicates: int, seed: int = 7) -> dict[str, float]:
    """Coverage by estimate, bias, standard deviation over replicates and mean standard error; studies refused."""
    rng, kept, refused = np.random.default_rng([seed, cell.n, cell.m, cell.rows, cell.together]), [], 0
    for _ in range(replicates):
        data, target, plan = study(cell, rng)
        try:
            there, here = answered(data, target, **plan).estimates[0], answered(data, None, **plan).estimates[0]
        except CalibrationError:
            refused += 1
            continue
        results = (there.result, there.human_only, here.result)
        kept.append([(r.estimate, r.standard_error, r.interval.lower, r.interval.upper) for r in results])
    values = np.array(kept)
    covered = ((values[:, :, 2] <= cell.truth) & (cell.truth <= values[:, :, 3])).mean(axis=0)
    bias, sd = values[:, :, 0].mean(axis=0) - cell.truth, values[:, :, 0].std(axis=0)
    names = ("calibrated", "humans", "unweighted")
    found = {f"{name} covers": c for name, c in zip(names, covered.tolist(), strict=True)}
    found |= {f"{name} bias": b for name, b in zip(names, bias.tolist(), strict=True)}
    found |= {"sd": sd[0], "se / sd": sqrt((values[:, 0, 1] ** 2).mean()) / sd[0]}
    found |= {"humans' sd": sd[1], "humans' se / sd": sqrt((values[:, 1, 1] ** 2).mean()) / sd[1]}
    return found | {"refused": float(refused)}


def main(replicates: int) -> None:
    """The table, line by line."""
    for cell in CELLS:
        found = row(cell, replicates)
        print(cell, " ".join(f"{name} {value:.3f}" for name, value in found.items()), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
