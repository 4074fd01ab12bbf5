"""The best of many generators, chosen on the humans that calibrate: coverage of the naive and the cross-fitted choice.

    python -m tests.coverage.model_selection [replicates, default 2000] [name of a cell, default all]

appends a line per cell to ``tests/coverage/model_selection.jsonl``. One population of mean 0 and sd 1, N = 10 n
LLM-only units; of M models some correlate ``rho`` with the humans' answers and the others not at all. ``naive`` takes
the model of the largest R^2 on all humans, then ``regression`` as if it had been the only one.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np

from service.calibration.estimate import Frame, human_only
from service.calibration.estimators import auto, regression
from service.calibration.inference import Settings, infer
from service.calibration.model_selection import selection
from service.calibration.sample import Column, Sample, Units

ROWS = Path(__file__).parent / "model_selection.jsonl"
WAYS = ("human_only", "naive", "best", "best_regression", "all")
ONE = np.ones(1)


@dataclass(frozen=True, slots=True)
class Cell:
    """Humans, models, how many of them are good, and their correlation with the humans' answers."""

    n: int
    models: int
    good: int
    rho: float

    @property
    def name(self) -> str:
        """Told apart by all of it."""
        return f"n={self.n} models={self.models} good={self.good} rho={self.rho:g}"


CELLS = (
    *(Cell(n, 20, 0, 0.0) for n in (20, 50, 200)),
    *(Cell(n, 20, 1, rho) for n in (20, 50, 200) for rho in (0.3, 0.7)),
    *(Cell(n, 20, 20, 0.5) for n in (20, 50, 200)),
    *(Cell(n, 3, 0, 0.0) for n in (20, 200)),
)


def draw(cell: Cell, rng: np.random.Generator) -> Sample:
    """A study."""
    n, m = cell.n, cell.models
    y, f = rng.standard_normal(11 * n), rng.standard_normal((m, 11 * n))
    f[m - cell.good :] = cell.rho * y + sqrt(1.0 - cell.rho**2) * f[m - cell.good :]
    columns = tuple(Column(f"m{j}", "prediction", f"m{j}", None, None, (0,), (0,)) for j in range(m))
    return Sample(("all",), "independent", columns, (Units(f[:, :n], y[:n]),), (Units(f[:, n:]),), ("/data",))


def naive(frame: Frame) -> Frame:
    """The model that looks best on all the humans, as if there had been no other."""
    fits = {j: frame.fits_on((j,))[0] for j in range(len(frame.sample.columns))}
    return frame.with_columns([max(fits, key=lambda j: 0.0 if (fit := fits[j]) is None else fit.r_squared)])


def answers(sample: Sample) -> dict[str, tuple[float, float, float]]:
    """Estimate and interval by way."""
    frame = Frame(sample, "exchangeability")
    fits = {
        "human_only": human_only(frame),
        "naive": regression.fit(naive(frame), ONE),
        "best": selection(frame, limited=True, seed=0).estimate,
        "best_regression": selection(frame, limited=False, seed=0).estimate,
        "all": auto.fit(frame, ONE),
    }
    results = {way: infer(fit, ONE, Settings()) for way, fit in fits.items()}
    return {way: (r.estimate, r.interval.lower or 0.0, r.interval.upper or 0.0) for way, r in results.items()}


def run(cell: Cell, replicates: int) -> dict[str, object]:
    """Coverage and mean squared error (relative to human-only) of every way."""
    rng, covered, squares = np.random.default_rng([7, *map(ord, cell.name)]), np.zeros(5), np.zeros(5)
    width = np.zeros(5)
    for _ in range(replicates):
        found = answers(draw(cell, rng))
        each = np.array([found[way] for way in WAYS])
        covered += (each[:, 1] <= 0.0) & (each[:, 2] >= 0.0)
        squares += each[:, 0] ** 2
        width += each[:, 2] - each[:, 1]
    return {
        "cell": cell.name,
        "replicates": replicates,
        "coverage": dict(zip(WAYS, (covered / replicates).round(4).tolist(), strict=True)),
        "mse_ratio": dict(zip(WAYS, (squares / squares[0]).round(3).tolist(), strict=True)),
        "width_ratio": dict(zip(WAYS, (width / width[0]).round(3).tolist(), strict=True)),
    }


def table(rows: list[dict[str, object]]) -> str:
    """The table of docs/model_selection.md."""
    lines = [f"| study | {' | '.join(WAYS)} | ± |", "|---|" + "---|" * (len(WAYS) + 1)]
    for row in rows:
        coverage, error = row["coverage"], row["mse_ratio"]
        assert isinstance(coverage, dict)
        assert isinstance(error, dict)
        shown = " | ".join(f"{coverage[w]:.3f} ({error[w]:.2f})" for w in WAYS)
        lines.append(f"| {row['cell']} | {shown} | {sqrt(0.05 * 0.95 / int(str(row['replicates']))):.3f} |")
    return "\n".join(lines) + "\n"


def read() -> list[dict[str, object]]:
    """The committed rows."""
    return [json.loads(line) for line in ROWS.read_text().splitlines()]


def main() -> None:
    """Run the cells that are missing."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for cell in CELLS:
        if (len(sys.argv) < 3 or sys.argv[2] == cell.name) and not (
            ROWS.exists() and cell.name in {row["cell"] for row in read()}
        ):
            with ROWS.open("a") as out:
                out.write(json.dumps(run(cell, replicates)) + "\n")
    print(table(read()))


if __name__ == "__main__":
    main()
