"""The best of many generators, chosen on the humans that calibrate: coverage of the naive and the cross-fitted choice.

    python -m tests.coverage.model_selection [replicates, default 2000] [name of a cell, default all]

appends a line per cell to ``tests/coverage/model_selection.jsonl``. One population of mean 0 and sd 1, N = 10 n
LLM-only units; of M models some correlate ``rho`` with the humans' answers and the others not at all. ``naive`` takes
the model of the largest R^2 on all humans, then ``regression`` as if it had been the only one. ``cross_fitted`` is the
cross-fitted choice at every n; ``best``, ``best_regression`` and ``all`` are plans as a request has them, and a rate is
null where the plan is refused.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from math import nan, sqrt
from pathlib import Path

import numpy as np

from service.calibration.errors import NotIdentified
from service.calibration.estimate import Estimate, Frame, human_only
from service.calibration.estimators import regression
from service.calibration.inference import Settings, infer
from service.calibration.model_selection import selection
from service.calibration.plan import Plan
from service.calibration.resolution import resolve
from service.calibration.sample import Column, Sample, Units

ROWS = Path(__file__).parent / "model_selection.jsonl"
WAYS = ("human_only", "naive", "cross_fitted", "best", "best_regression", "all")
PLANS = {
    "best": Plan(identification="exchangeability", model_selection="best"),
    "best_regression": Plan(identification="exchangeability", model_selection="best", estimator="regression"),
    "all": Plan(identification="exchangeability"),
}
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


def planned(sample: Sample, plan: Plan) -> Estimate | None:
    """The estimate of a plan; None where it is refused."""
    try:
        return resolve(sample, plan).fit(ONE)
    except NotIdentified:
        return None


def answers(sample: Sample) -> dict[str, tuple[float, float, float]]:
    """Estimate and interval by way; nan where there is none."""
    frame = Frame(sample, "exchangeability")
    fits = {
        "human_only": human_only(frame),
        "naive": regression.fit(naive(frame), ONE),
        "cross_fitted": selection(frame, limited=True, seed=0).estimate,
        **{way: planned(sample, plan) for way, plan in PLANS.items()},
    }
    results = {way: None if fit is None else infer(fit, ONE, Settings()) for way, fit in fits.items()}
    return {
        way: (nan, nan, nan) if r is None else (r.estimate, r.interval.lower or 0.0, r.interval.upper or 0.0)
        for way, r in results.items()
    }


def run(cell: Cell, replicates: int, seed: int = 7) -> dict[str, object]:
    """Coverage, and mean squared error and width relative to human-only, of every way."""
    rng = np.random.default_rng([seed, *map(ord, cell.name)])
    drawn = [answers(draw(cell, rng)) for _ in range(replicates)]
    estimate, lower, upper = np.array([[found[way] for way in WAYS] for found in drawn]).transpose(2, 0, 1)
    refused = np.isnan(estimate).any(0)
    covered, error, width = (lower <= 0.0) & (upper >= 0.0), estimate**2, upper - lower
    rates = {"coverage": covered.mean(0).round(4)}
    rates |= {name: (x.sum(0) / x[:, 0].sum()).round(3) for name, x in (("mse_ratio", error), ("width_ratio", width))}
    named = {name: [None if r else float(x) for x, r in zip(row, refused, strict=True)] for name, row in rates.items()}
    return {
        "cell": cell.name,
        "replicates": replicates,
        **{name: dict(zip(WAYS, row, strict=True)) for name, row in named.items()},
    }


def table(rows: list[dict[str, object]]) -> str:
    """The table of docs/model_selection.md."""
    lines = [f"| study | {' | '.join(WAYS)} | ± |", "|---|" + "---|" * (len(WAYS) + 1)]
    for row in rows:
        coverage, error = row["coverage"], row["mse_ratio"]
        assert isinstance(coverage, dict)
        assert isinstance(error, dict)
        shown = " | ".join("refused" if coverage[w] is None else f"{coverage[w]:.3f} ({error[w]:.2f})" for w in WAYS)
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
