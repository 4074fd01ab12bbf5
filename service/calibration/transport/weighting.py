"""Weighting: one source's weights (the humans of an arm, the LLM-only units of a pool) for the target, or why not.

Raking where every margin is of categories, entropy balancing where means are among them: the same exponential tilt of
the base weights. Margins are met or refused, weights are never trimmed.
Shapes: n units, k rows of x. Units: none.
Raises: nothing; problems are ``mean_outside_range``, ``category_not_in_sample`` and ``margins_contradict``, the last
for the first margin that cannot be met together with those before it.
Source: see ``raking`` and ``entropy``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from service.calibration.errors import Problem
from service.calibration.margins import Margin, Margins, shares
from service.calibration.moments import FloatArray, IntArray
from service.calibration.transport.entropy import balanced, met
from service.calibration.transport.raking import raked

Method = Literal["raking", "entropy_balancing"]


def method(margins: Margins) -> Method:
    """Raking where all margins are shares of categories."""
    return "raking" if all(margin.levels for margin in margins.margins) else "entropy_balancing"


def weighted(margins: Margins, x: FloatArray, base: FloatArray, who: str) -> tuple[FloatArray | None, list[Problem]]:
    """Weights (n,) of mean 1 for a source's x (k, n) and base weights (n,), or what makes them impossible."""
    problems = [p for margin, rows, values in margins.parts(x) for p in _alone(margin, rows, values, who)]
    if problems:
        return None, problems
    found = _found(margins, x, base)
    if found is None:
        return None, [_contradicting(margins, x, base, who)]
    return found * x.shape[1], []


def _alone(margin: Margin, rows: FloatArray, values: FloatArray, who: str) -> list[Problem]:
    """What makes a margin impossible whatever the others are."""
    if margin.levels:
        there = np.bincount(codes(rows), minlength=len(margin.levels))
        text = f"none of {who} has this category, so no weight can give it its share"
        hint = "join categories, or collect such units"
        return [
            Problem(margin.place(i), "category_not_in_sample", text, hint) for i in np.flatnonzero(there == 0).tolist()
        ]
    low, high = float(rows.min()), float(rows.max())
    if low < 0.0 < high or (low == 0.0 == high):
        return []
    text = f"the mean {values[0]:.6g} is not inside the range of {who}: no weights give it"
    return [
        Problem(margin.pointer, "mean_outside_range", text, "check the unit of the covariate, or collect such units")
    ]


def codes(rows: FloatArray) -> IntArray:
    """The level of every unit (n,) from the deviations of all levels but the first (L - 1, n)."""
    if not len(rows):
        return np.zeros(rows.shape[1], dtype=np.int64)
    own = rows > 0.0
    return np.asarray(np.where(own.any(axis=0), own.argmax(axis=0) + 1, 0))


def _found(margins: Margins, x: FloatArray, base: FloatArray) -> FloatArray | None:
    """Weights that sum to 1 and meet all margins; None: there are none."""
    if method(margins) == "raking":
        start, error = raked(base, [(codes(rows), shares(m, values)) for m, rows, values in margins.parts(x)])
        if error <= 1e-10 and met(start, x, base / base.sum()):
            return start
    tilt = balanced(base, x)
    return tilt.weight if tilt.met else None


def _contradicting(margins: Margins, x: FloatArray, base: FloatArray, who: str) -> Problem:
    """The first margin that the weights of those before it cannot meet as well."""
    fine, wrong = 0, len(margins.margins)
    while wrong - fine > 1:
        middle = (fine + wrong) // 2
        fine, wrong = (middle, wrong) if balanced(base, x[: margins.first(middle)]).met else (fine, middle)
    margin = margins.margins[wrong - 1]
    text = f"no positive weights of {who} meet this margin together with those before it: they contradict each other"
    return Problem(
        margin.pointer,
        "margins_contradict",
        f"{text}, or too few units combine what they ask for",
        "leave out a margin, join categories, or check that all margins are of one population",
    )
