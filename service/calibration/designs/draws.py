"""Repeated draws: K answers of a model to the same question for the same persona, averaged.

With ICC r of the draws, averaging K of them changes a column's variance and nothing else::

    Var(f_K) = Var(f_1) (r + (1 - r) / K),   so   rho_K = rho_1 sqrt(K / (1 + (K - 1) r))      Spearman-Brown

and an answer costs K draws. The best K is found by solving the design at every K on offer (one LLM:
``closed_forms.best_draws``); of equally good ones the smallest is taken.

**Shapes** K whole; ICC by model.
**Units** prices per draw.
**Assumes** draws are exchangeable given persona, model and condition; one K for all models and units.
**Breaks** deterministic models (ICC 1): one draw is best and K is never weighed.
**Raises** InvalidPlan: bad_correlation, bad_count, missing_icc, impossible_correlations.
**Source** Spearman (1910); Brown (1910).
**Differs** a pilot's own ICC is kept to 0..1; correlations that a stated ICC makes impossible are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.designs.joint import Basis, Column, Joint, columns_shown, floored
from service.calibration.errors import InvalidPlan, Problem, Warned

AS_GOOD = 1e-9
"""Relative difference below which fewer draws are as good as more."""
ROUNDING = 1e-8
MOST_DRAWS = 50


@dataclass(frozen=True, slots=True)
class Draws:
    """The ICC of each model's draws, None: the pilot's own, and the most draws per persona to weigh."""

    icc: tuple[float | None, ...]
    most: int = 10


def one_draw(joint: Joint) -> Draws:
    """A single draw of every model, whatever the pilot averaged."""
    return Draws((None,) * len(joint.models), 1)


def check_draws(joint: Joint, draws: Draws) -> None:
    """Refuse numbers out of range, an ICC that nobody knows, and one below what the correlations need."""
    problems = []
    if not 1 <= draws.most <= MOST_DRAWS:
        text = f"the most draws per persona are not between 1 and {MOST_DRAWS}"
        problems.append(Problem("/draws/max", "bad_count", text, f"give a whole number from 1 to {MOST_DRAWS}"))
    if not all(icc is None or 0 <= icc <= 1 for icc in draws.icc):
        problems.append(Problem("/draws/icc", "bad_correlation", "an ICC lies outside [0, 1]", "give a share"))
    if draws.most > 1 and any(_drawn(c) and _icc(c, draws) is None for c in joint.columns):
        text = "the value of another draw depends on how much draws agree"
        problems.append(Problem("/draws/icc", "missing_icc", text, "state icc, or send a pilot with repeated draws"))
    if problems:
        raise InvalidPlan(problems)
    if any(icc is not None for icc in draws.icc) and not _possible(at_draws(joint, draws, draws.most)):
        text = "the draws agree less than the correlations with the humans and with each other need"
        raise InvalidPlan.at("/draws/icc", "impossible_correlations", text, "an ICC is at least ppi_correlation^2")


def at_draws(joint: Joint, draws: Draws, k: int) -> Joint:
    """The joint whose prediction columns average ``k`` draws."""
    D, sigma = joint.n_arms, joint.covariance.copy()
    for j, column in enumerate(joint.columns):
        sigma[D + j, D + j] *= _noise(column, draws, k) / _noise(column, draws, column.draws)
    columns = tuple(replace(c, draws=k) if _drawn(c) else c for c in joint.columns)
    return replace(joint, columns=columns, covariance=sigma)


def basis_at(basis: Basis, draws: Draws, k: int) -> Basis:
    """The basis whose predictions average ``k`` draws, its scenarios too."""
    if all(column.draws == k for column in basis.joint.columns if _drawn(column)):
        return basis
    joint, moved = floored(at_draws(basis.joint, draws, k))
    doubts = basis.warnings
    if moved and not any(doubt.code == "singular_correlations" for doubt in doubts):
        text = "the predictions' correlations leave no room for draws that agree so little; a floor of 1e-9 was applied"
        doubts = (*doubts, Warned("singular_correlations", text, "/draws"))
    scenarios = tuple(floored(at_draws(one, draws, k))[0] for one in basis.scenarios)
    return replace(basis, joint=joint, scenarios=scenarios, warnings=doubts)


def best_of(candidates: Sequence[int], value: Callable[[int], float]) -> int:
    """The smallest candidate whose value is least, or as good."""
    values = [value(k) for k in candidates]
    least = min(values)
    return next(k for k, one in zip(candidates, values, strict=True) if one <= least * (1 + AS_GOOD))


def _drawn(column: Column) -> bool:
    """Whether the column holds answers that further draws would average."""
    return column.model is not None and column.repeats


def _icc(column: Column, draws: Draws) -> float | None:
    stated = None if column.model is None else draws.icc[column.model]
    known = column.icc if stated is None else stated
    return None if known is None else min(1.0, max(0.0, known))


def _noise(column: Column, draws: Draws, k: int) -> float:
    """Variance of the mean of ``k`` draws over that of one."""
    icc = _icc(column, draws) if _drawn(column) else None
    return 1.0 if icc is None else icc + (1 - icc) / k


def _possible(joint: Joint) -> bool:
    D = joint.n_arms
    scale = np.sqrt(np.maximum(np.diag(joint.covariance), 1e-300))
    correlation = joint.covariance / np.outer(scale, scale)
    for d in range(D):
        block = [d, *(D + j for j in columns_shown(joint.columns, joint.prediction_design, d))]
        if float(np.linalg.eigvalsh(correlation[np.ix_(block, block)]).min()) < -ROUNDING:
            return False
    return True
