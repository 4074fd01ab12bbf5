"""Rows of the results file: what the replicates of a cell came to, a row per estimator and component.

coverage c = hits / R with Monte Carlo error sqrt(c(1 - c)/R); width_ratio = mean width over human-only's, over
replicates where both have two ends; sd_ratio = Monte Carlo standard deviation over human-only's; error_ratio =
root mean estimated variance over the Monte Carlo standard deviation (1 is right); warnings and refusals by code, as
shares of replicates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf, sqrt

import numpy as np

from service.calibration.inference import Result
from tests.coverage.estimands.cell import Cell, Outcome
from tests.coverage.tally import SEED

PROBE = (
    3  # replicates whose interval ends and warnings stand in a row, so that it can be recognised as made by other code
)
SAME = 1e-9


def ends(result: Result) -> tuple[float, float]:
    """Both ends of an interval, infinite where open."""
    interval = result.interval
    return (
        -inf if interval.lower is None else interval.lower,
        inf if interval.upper is None else interval.upper,
    )


def identity(cell: Cell) -> dict[str, object]:
    """The fields of a row that name its cell."""
    return {"estimand": cell.estimand, "departure": cell.departure, "n": cell.n}


def rows(cell: Cell, outcomes: Sequence[Outcome], commit: str) -> list[dict]:
    """The rows of a cell."""
    answered = [o for o in outcomes if o.refused is None]
    warned = Counter(code for o in answered for code in o.warnings)
    refused = Counter(o.refused for o in outcomes if o.refused is not None)
    shared = {
        "seed": SEED,
        "replicates": len(outcomes),
        "answered": len(answered),
        "warnings": {code: _short(count / len(answered)) for code, count in sorted(warned.items())},
        "refusals": {code: _short(count / len(outcomes)) for code, count in sorted(refused.items())},
        "commit": commit,
    }
    names = list(dict.fromkeys(key for o in answered for key in o.results))
    return [
        identity(cell)
        | {"estimator": estimator, "component": component}
        | _numbers([o.results[estimator, component] for o in answered if (estimator, component) in o.results], truth)
        | {"first": first(outcomes[:PROBE], estimator, component), "said": said(outcomes[:PROBE])}
        | shared
        for estimator, component in names
        for truth in (cell.study.truth[component],)
    ]


def first(outcomes: Iterable[Outcome], estimator: str, component: str) -> list[list[float] | None]:
    """The interval ends of some replicates; None where a replicate was refused, 0 where an end is open."""
    found: list[list[float] | None] = []
    for outcome in outcomes:
        pair = outcome.results.get((estimator, component))
        found.append(None if pair is None else [pair[0].interval.lower or 0.0, pair[0].interval.upper or 0.0])
    return found


def said(outcomes: Iterable[Outcome]) -> list[str]:
    """The warnings of each replicate, or the refusal."""
    return [outcome.refused or " ".join(sorted(outcome.warnings)) for outcome in outcomes]


def _numbers(pairs: Sequence[tuple[Result, Result]], truth: float) -> dict[str, float | int | None]:
    """Coverage, its error and what goes with it, of pairs of calibrated and human-only results."""
    ours, human = (np.array([ends(pair[k]) for pair in pairs]) for k in (0, 1))
    value, other = (np.array([pair[k].estimate for pair in pairs]) for k in (0, 1))
    error = np.array([pair[0].standard_error for pair in pairs])
    closed = np.isfinite(ours).all(axis=1) & np.isfinite(human).all(axis=1)
    sd, human_sd = value.std(ddof=1), other.std(ddof=1)
    coverage, human_coverage = (float(((e[:, 0] <= truth) & (truth <= e[:, 1])).mean()) for e in (ours, human))
    wide, human_wide = ((e[closed, 1] - e[closed, 0]).mean() if closed.any() else np.nan for e in (ours, human))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.array([wide / human_wide, sd / human_sd, sqrt((error**2).mean()) / sd])
    found = {
        "truth": truth,
        "coverage": coverage,
        "coverage_mc_error": sqrt(coverage * (1.0 - coverage) / len(pairs)),
        "human_only_coverage": human_coverage,
        "width_ratio": ratios[0],
        "sd_ratio": ratios[1],
        "error_ratio": ratios[2],
        "bias": float(value.mean()) - truth,
        "bias_mc_error": sd / sqrt(len(pairs)),
        "open": float(1.0 - np.isfinite(ours).all(axis=1).mean()),
    }
    return {key: _short(number) for key, number in found.items()}


def _short(number: float) -> float | None:
    """Six digits are enough; None where there is no number."""
    return float(f"{number:.6g}") if np.isfinite(number) else None


def is_current(cell: Cell, found: Sequence[dict]) -> bool:
    """Whether the present code still gives the first intervals and warnings of these rows, and the same components."""
    outcomes = [cell.replicate(i) for i in range(PROBE)]
    seen = {key for o in outcomes for key in o.results}
    return seen <= {(row["estimator"], row["component"]) for row in found} and all(
        _alike(first(outcomes, row["estimator"], row["component"]), row["first"]) and row["said"] == said(outcomes)
        for row in found
    )


def _alike(now: Sequence[list[float] | None], then: Sequence[list[float] | None]) -> bool:
    if [a is None for a in now] != [b is None for b in then]:
        return False
    pairs = [(a, b) for a, b in zip(now, then, strict=True) if a is not None and b is not None]
    return all(np.allclose(a, b, rtol=0.0, atol=SAME * max(1e-9, abs(b[1] - b[0]))) for a, b in pairs)
