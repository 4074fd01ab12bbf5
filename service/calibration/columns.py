"""Which columns can carry a slope: rare indicators and columns that isolate one unit are set aside for every arm.

Formula: an indicator (two distinct values over all units) with fewer than 3 humans in either state in any arm is
dropped (``rare_indicator``); where a unit has leverage h_i > 1 - 1e-8 the column whose removal lowers the largest
leverage most is dropped (``isolated_unit``). The least squares drop constant and collinear columns arm by arm.
In a stratified sample indicators are judged by whole arms, and a stratum with fewer than p + 5 humans gets no fit.
Slopes of a coefficient need a degree of freedom that its model's own fit leaves beyond them.
Assumes: rows; moments show neither indicators nor leverages, there only the least squares drops.
Breaks: with n <= rank + 1 humans in an arm every leverage is 1; such an arm gets no fit (``None``).
Source: Belsley, Kuh & Welsch (1980), Regression Diagnostics, chapter 2 (leverage); the rules are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.least_squares import Arm, ArmFit, fit
from service.calibration.moments import FloatArray
from service.calibration.sample import Sample, Units

RARE = 3
GLANCE = 16  # a column with three values among its first units is no indicator
ISOLATED = 1.0 - 1e-8
FEWEST_LEFT = 0.5  # degrees of freedom of a model's own fit; with none left residuals, and so errors, are rounding
EXACT = 1.0 - 1e-10  # of the outcome's variance: beyond it residuals are rounding
SPARE = 5  # a stratum of an arm needs this many humans more than columns for a slope of its own


@dataclass(frozen=True, slots=True)
class Dropped:
    """A column without a slope: its index, why, and the arm (None: every arm)."""

    column: int
    code: str
    arm: int | None = None


@dataclass(frozen=True, slots=True)
class Screened:
    """Usable columns, the fit of every arm on them (None: too few humans for the columns), and what was dropped."""

    usable: tuple[int, ...]
    fits: tuple[ArmFit | None, ...]
    dropped: tuple[Dropped, ...]

    @property
    def reproduced(self) -> tuple[int, ...]:
        """The arms whose human outcomes the columns reproduce exactly, so that no residual is left to judge them by."""
        fits = enumerate(self.fits)
        return tuple(d for d, fit in fits if fit is not None and fit.rank and fit.r_squared > EXACT)


def screen(sample: Sample, arms: Sequence[Arm]) -> Screened:
    """Fit every arm on the columns that can carry a slope, and say which cannot and why."""
    rare = rare_indicators(sample)
    usable = [j for j in range(len(sample.columns)) if j not in rare]
    dropped = [Dropped(j, "rare_indicator") for j in sorted(rare)]
    while True:
        found = [fit(arm, usable) for arm in arms]
        fits = tuple(None if _thin(sample, f) else f for f in found)
        isolating = _isolating_column(arms, fits)
        if isolating is None:
            break
        usable.remove(isolating)
        dropped.append(Dropped(isolating, "isolated_unit"))
    dropped += [
        Dropped(j, "constant_column" if fit(arms[d], [j]).rank == 0 else "collinear_column", d)
        for d, fitted in enumerate(fits)
        for j in usable
        if fitted is not None and j not in fitted.kept and fitted.spare
    ]
    return Screened(
        tuple(usable), tuple(f if f is not None and _spared(sample, f) else None for f in fits), tuple(dropped)
    )


def _spared(sample: Sample, fit: ArmFit) -> bool:
    """Whether degrees of freedom are left for a residual variance: by the humans, and by a model's own fit to them."""
    own = fit.df_left is None or sample.empirical or fit.rank == 0 or fit.df_left - fit.rank > FEWEST_LEFT
    return own and fit.spare


def _thin(sample: Sample, fit: ArmFit) -> bool:
    """Whether a stratum of an arm has too few humans for a slope of its own, on columns that do not repeat others."""
    return bool(sample.stratum_of) and fit.n < fit.rank + SPARE


def rare_indicators(sample: Sample) -> set[int]:
    """Columns with two values of which some arm has fewer than 3 humans in one."""
    if not sample.has_rows or not sample.columns:
        return set()
    human = _by_arm(sample)
    if all(len(set(row[:GLANCE].tolist())) > 2 for row in human[0]):
        return set()
    low = np.min([c.min(axis=1) for c in human], axis=0)
    high = np.max([c.max(axis=1) for c in human], axis=0)
    fewest = np.min(
        [np.minimum((c == low[:, None]).sum(axis=1), (c == high[:, None]).sum(axis=1)) for c in human], axis=0
    )
    return {
        int(j)
        for j in np.flatnonzero((fewest < RARE) & (low < high))
        if all(_two_valued(c[j], low[j], high[j]) for c in human)
        and all(_two_valued(s.c[j], low[j], high[j]) for s in sample.llm_only if isinstance(s, Units))
    }


def _by_arm(sample: Sample) -> list[FloatArray]:
    """Columns (p, n) of every arm's humans, the strata of an arm together."""
    sources = [source.c for source in sample.human if isinstance(source, Units)]
    if not sample.stratum_of:
        return sources
    together: dict[str, list[FloatArray]] = {}
    for name, c in zip(sample.arms, sources, strict=True):
        together.setdefault(name, []).append(c)
    return [np.concatenate(parts, axis=1) for parts in together.values()]


def _two_valued(values: FloatArray, low: float, high: float) -> bool:
    return bool(np.all((values == low) | (values == high)))


def _isolating_column(arms: Sequence[Arm], fits: Sequence[ArmFit | None]) -> int | None:
    for arm, fitted in zip(arms, fits, strict=True):
        if fitted is None or fitted.rows is None or not fitted.spare or fitted.rows.leverage.max() <= ISOLATED:
            continue
        unit = int(fitted.rows.leverage.argmax())
        if not fitted.kept:  # a weight isolates it, and no column
            continue
        return min(fitted.kept, key=lambda j: _leverage_without(arm, fitted, j, unit))
    return None


def _leverage_without(arm: Arm, fitted: ArmFit, column: int, unit: int) -> float:
    refit = fit(arm, [j for j in fitted.kept if j != column])
    assert refit.rows is not None
    return float(refit.rows.leverage[unit])
