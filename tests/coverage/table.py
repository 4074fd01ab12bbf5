"""The page docs/coverage.md, written from the results files alone.

python -m tests.coverage.table > docs/coverage.md
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.coverage.cells import CORRELATIONS, HEADLINE_CORRELATION, HEADLINE_SIZES, SIZES
from tests.coverage.criteria import (
    BAND,
    BANDS_SMALLEST,
    RIVAL_COVERAGE,
    RIVALS,
    TWIN_BAND,
    WIDTH_FROM,
    WIDTH_RATIO,
    by_cell,
    width_ratio,
)
from tests.coverage.populations import EFFECT, LLM_ONLY, SCENARIOS, TWIN_CORRELATION, scenario
from tests.coverage.simulate import RESULTS, TWIN_ARMS, read
from tests.coverage.tally import ESTIMATORS
from tests.coverage.twin_arms import DRAWN, LABELLED

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
SHORT, LONG = 0.94, 0.968

INTRODUCTION = f"""\
# Do the intervals cover?

A 95 % interval should contain the true value in 95 of 100 studies. Here studies are simulated whose true value is
known, every one is analysed by the service's own `calibrate()`, and the intervals that contain the truth are counted.
{{replicates:,}} studies per cell; the Monte Carlo standard error of a coverage near .95 is {{error:.4f}}.
This page is generated from `tests/coverage/results.jsonl` and `tests/coverage/twin_arms.jsonl`; the commands are at
the end.

Read an entry as coverage (mean width relative to the human-only interval of the same studies). ▼ marks coverage below
{SHORT}, ▲ above {LONG}: the interval is too short, or longer than it need be."""

STUDIES = f"""\
## The simulated studies

Outcomes and LLM answers are Gaussian with standard deviation 1; n humans per arm; rho is the correlation of a human's
outcome with the LLM's answer for that human under the condition the human was in; N = {LLM_ONLY} n LLM-only units per
pool.

- **One population**: n humans with an LLM answer each, N LLM-only units; asked for: the mean.
- **Two arms, independent LLM units**: two such populations that share nothing; asked for: the difference, which is
  {EFFECT}.
- **Twins, no LLM-only units**: every person has an LLM answer under both conditions (the two correlate
  {TWIN_CORRELATION}); the outcome depends on the answer under the person's own condition. Identified by randomization;
  the difference is {EFFECT}.
- **Twins and LLM-only units**: the same with N further personas, one pool; identified by exchangeability.

Binary, Likert, skewed and heteroskedastic outcomes, weights, clusters, strata and unequal probabilities are in
[departures.md](departures.md). Not simulated: arms of unequal size."""

HEADLINE_TEXT = f"""\
## Why not the published formulas?

One population, rho {HEADLINE_CORRELATION}, N = {LLM_ONLY} n. The published PPI++ interval (normal quantile, divisor n,
lambda clipped to [0, 1]; `power_tuned` with `compat`) against regression calibration, on the same studies:"""

HARM_TEXT = """\
## Limited harm, not no harm

Monte Carlo variance of the estimate relative to human-only (above 1: the LLM made it worse), where the LLM knows
little."""

TWINS_TEXT = f"""\
## Real answers: resampled studies

Two published randomised studies with an LLM twin of every person (Twin-2K-500 mega-study, arXiv 2509.19088). The
persons of one outcome are the population, the difference of its human means between the arms is the truth; {DRAWN}
persons are drawn with replacement and {LABELLED} of them labelled at random. {{draws:,}} draws per case (Monte Carlo
standard error {{error:.3f}}); `auto` must cover in {TWIN_BAND[0]} to {TWIN_BAND[1]}."""

COMMANDS = """\
## Make it again

```sh
python -m tests.coverage.simulate --replicates 20000 --workers 2 --out tests/coverage/results.jsonl
python -m tests.coverage.simulate --twin-arms --replicates 2000 --workers 2 --out tests/coverage/twin_arms.jsonl
python -m tests.coverage.table > docs/coverage.md
```

Stopped and started again, the commands go on where they were; rows that the present code would no longer give are made
anew. The test suite holds these results to the bands above, recomputes the first intervals of every cell, simulates a
few cells afresh, and shows that the same harness reports too little coverage when the interval is broken on purpose."""


def page(rows: Sequence[dict], twin_rows: Sequence[dict]) -> str:
    """The page, from the rows of both results files."""
    replicates = min(row["replicates"] for row in rows)
    parts = [
        INTRODUCTION.format(replicates=replicates, error=_error(replicates)),
        _headline(rows),
        _found(rows),
        _harm(rows),
        STUDIES,
        *(_scenario(rows, s.name, s.title) for s in SCENARIOS),
        _twins(twin_rows),
        COMMANDS,
        _made(rows, twin_rows),
    ]
    return "\n\n".join(parts) + "\n"


def _error(replicates: int) -> float:
    """Monte Carlo standard error of a coverage of .95."""
    return (0.05 * 0.95 / replicates) ** 0.5


def _made(rows: Sequence[dict], twin_rows: Sequence[dict]) -> str:
    commits = sorted({row["commit"] for row in (*rows, *twin_rows)})
    seeds = sorted({row["seed"] for row in (*rows, *twin_rows)})
    return f"Seed {', '.join(map(str, seeds))}; commit {', '.join(commits)}."


def _headline(rows: Sequence[dict]) -> str:
    cells = by_cell(rows)
    lines = [
        HEADLINE_TEXT,
        "",
        "| n | regression | PPI++ as published | its width relative to regression |",
        "|---|---|---|---|",
    ]
    for n in HEADLINE_SIZES:
        cell = cells["one_population", n, HEADLINE_CORRELATION, True]
        ours, theirs = cell["regression"], cell["power_tuned"]
        width = theirs["mean_width"] / ours["mean_width"]
        lines.append(f"| {n} | {_coverage(ours)} | {_coverage(theirs)} | {width:.2f} |")
    return "\n".join(lines)


def _scenario(rows: Sequence[dict], name: str, title: str) -> str:
    cells = by_cell(rows)
    lines = [f"### {title}", "", f"| n | rho | {' | '.join(ESTIMATORS)} |", "|---" * (len(ESTIMATORS) + 2) + "|"]
    for n in SIZES:
        for rho in CORRELATIONS:
            cell = cells[name, n, rho, False]
            human = cell["human_only"]["mean_width"]
            entries = (f"{_coverage(cell[e])} ({cell[e]['mean_width'] / human:.2f})" for e in ESTIMATORS)
            lines.append(f"| {n} | {rho} | {' | '.join(entries)} |")
    return "\n".join(lines)


def _found(rows: Sequence[dict]) -> str:
    plain = [row for row in rows if not row["compat"]]
    lines = [
        "## What must hold, and what was found",
        "",
        "| estimator | n | must lie in | lowest | highest | cells marked ▼ |",
        "|---|---|---|---|---|---|",
    ]
    for name in ESTIMATORS:
        for label, chosen in (("10", (10,)), ("20 and more", tuple(n for n in SIZES if n > 10))):
            found = [r["coverage"] for r in plain if r["estimator"] == name and r["n"] in chosen]
            band = (BANDS_SMALLEST.get(name) if chosen == (10,) else BAND) if name in BANDS_SMALLEST else None
            wanted = "" if band is None else f"{band[0]:.3f} to {band[1]:.3f}"
            short = sum(round(c, 3) < SHORT for c in found)
            lines.append(
                f"| {name} | {label} | {wanted} | {min(found):.4f} | {max(found):.4f} | {short} of {len(found)} |"
            )
    return "\n".join([*lines, "", _widths(plain), "", _moments(plain)])


def _widths(plain: Sequence[dict]) -> str:
    cells = {key: cell for key, cell in by_cell(plain).items() if key[1] >= WIDTH_FROM}
    worst = {
        name: max((ratio, key) for key, cell in cells.items() if (ratio := width_ratio(cell, name)) is not None)
        for name in ("auto", "regression")
    }
    said = "; ".join(f"`{name}` {ratio:.4f} ({_place(key)})" for name, (ratio, key) in worst.items())
    return (
        f"Width from {WIDTH_FROM} humans per arm, relative to the narrowest of `ppi`, `power_tuned`, `arm_tuned` that "
        f"itself covers (.947 or more); `auto` must stay within 1.02. Largest ratio: {said}. "
        "Where the LLM is worthless `regression` pays for its slope, which is what `auto` is for. "
        "Rivals that miss .947 by less than two Monte Carlo errors and would give `auto` more than 1.02: "
        f"{_nearly(cells)}."
    )


def _nearly(cells: dict[tuple[str, int, float, bool], dict[str, dict]]) -> str:
    """Cells whose width verdict hangs on the Monte Carlo error of a rival's coverage."""
    found = []
    for key, cell in cells.items():
        for name in RIVALS:
            ratio = cell["auto"]["mean_width"] / cell[name]["mean_width"]
            missed = RIVAL_COVERAGE - cell[name]["coverage"]
            if ratio > WIDTH_RATIO and 0.0 < missed < 2.0 * cell[name]["coverage_mc_error"]:
                found.append(f"`{name}` {cell[name]['coverage']:.4f}, ratio {ratio:.4f} ({_place(key)})")
    return "; ".join(found) or "none"


def _place(key: tuple[str, int, float, bool]) -> str:
    return f"{scenario(key[0]).title}, n {key[1]}, rho {key[2]}"


def _moments(plain: Sequence[dict]) -> str:
    bias = max(abs(row["bias"]) / row["bias_mc_error"] for row in plain)
    regression = [row["mean_variance_ratio"] for row in plain if row["estimator"] == "regression"]
    auto = [row["mean_variance_ratio"] for row in plain if row["estimator"] == "auto"]
    return (
        f"Bias: over all {len(plain)} rows the largest is {bias:.1f} Monte Carlo standard errors. "
        "Mean estimated variance over the true one: "
        f"`regression` {min(regression):.2f} to {max(regression):.2f}, `auto` {min(auto):.2f} to {max(auto):.2f} "
        "(it chooses after seeing R², which its variance does not know)."
    )


def _harm(rows: Sequence[dict]) -> str:
    """Variance of the estimate relative to human-only, by scenario and n, for a worthless and a weak LLM."""
    cells = by_cell(rows)
    columns = [(rho, name) for rho in CORRELATIONS[:2] for name in ("auto", "regression")]
    heads = " | ".join(f"{name}, rho {rho}" for rho, name in columns)
    lines = [HARM_TEXT, "", f"| study | n | {heads} |", "|---" * (len(columns) + 2) + "|"]
    for kind in SCENARIOS:
        for n in SIZES:
            found = (cells[kind.name, n, rho, False][name]["variance_ratio"] for rho, name in columns)
            lines.append(f"| {kind.title} | {n} | {' | '.join(f'{v:.3f}' for v in found)} |")
    return "\n".join(lines)


def _twins(twin_rows: Sequence[dict]) -> str:
    draws = min(row["replicates"] for row in twin_rows)
    lines = [
        TWINS_TEXT.format(draws=draws, error=_error(draws)),
        "",
        f"| study | variable | twin | {' | '.join(ESTIMATORS)} |",
        "|---" * (len(ESTIMATORS) + 3) + "|",
    ]
    cases: dict[tuple[str, str, str], dict[str, dict]] = {}
    for row in twin_rows:
        cases.setdefault((row["study"], row["variable"], row["twin"]), {})[row["estimator"]] = row
    for case, its in cases.items():
        human = its["human_only"]["mean_width"]
        entries = (f"{_coverage(its[e])} ({its[e]['mean_width'] / human:.2f})" for e in ESTIMATORS)
        lines.append(f"| {' | '.join(name.replace('_', ' ') for name in case)} | {' | '.join(entries)} |")
    return "\n".join(lines)


def _coverage(row: dict) -> str:
    coverage = round(row["coverage"], 3)
    mark = "▼" if coverage < SHORT else "▲" if coverage > LONG else ""
    return f"{coverage:.3f}{mark}".removeprefix("0")


if __name__ == "__main__":
    print(page(read(RESULTS), read(TWIN_ARMS)), end="")
