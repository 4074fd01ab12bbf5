"""The joint covariance of one unit's outcomes and predictions, from which every design is computed.

z = (y_1..y_D, c): D outcomes (no unit ever shows two of them, so their covariances are never read) and the columns c.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from service.calibration.errors import InvalidPlan, Warned

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
PredictionDesign = Literal["single", "shared", "independent"]
Identification = Literal["exchangeability", "randomization"]

SMALLEST_EIGENVALUE = 1e-9
"""Floor of the eigenvalues of the columns' correlation matrix, and of 1 - R^2 of an outcome on the columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One entry of c: which model answers (None: a covariate), for which arm (None: no arm), mean known or not.

    ``draws``: answers that one value averages; ``icc``: their intraclass correlation, None where it is not known;
    ``repeats``: whether further draws change the column (they do not where it says that a model refused).
    """

    model: int | None
    arm: int | None = None
    known_mean: bool = False
    draws: int = 1
    icc: float | None = None
    repeats: bool = True


def columns_shown(columns: tuple[Column, ...], design: PredictionDesign, arm: int | None) -> list[int]:
    """Columns that a unit of the arm can show: all under ``shared``, else its own arm's and those of no arm."""
    return [j for j, column in enumerate(columns) if design == "shared" or column.arm in (None, arm)]


@dataclass(frozen=True, slots=True)
class Joint:
    """Covariance (D + C, D + C) of z, outcomes first, then ``columns``; ``arms`` empty means one population."""

    arms: tuple[str, ...]
    models: tuple[str, ...]
    columns: tuple[Column, ...]
    covariance: Matrix
    prediction_design: PredictionDesign
    identification: Identification = "exchangeability"

    @property
    def n_arms(self) -> int:
        """D, counting one population as one arm."""
        return max(1, len(self.arms))

    @property
    def outcome_variance(self) -> Matrix:
        """Variance of the outcome by arm, (D,)."""
        return np.diag(self.covariance)[: self.n_arms].copy()


@dataclass(frozen=True, slots=True)
class Collected:
    """Units that a pilot already has: ``n`` of one arm (None: no arm), all with the answers of these models."""

    arm: int | None
    human: bool
    models: tuple[int, ...]
    n: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What a design rests on: the joint covariance, the contrasts (C, D) over arms, and doubts about either.

    ``scenarios``: joints that the pilot cannot tell from its own; ``collected``: its units, to be topped up.
    """

    joint: Joint
    contrasts: Matrix
    warnings: tuple[Warned, ...] = ()
    scenarios: tuple[Joint, ...] = ()
    collected: tuple[Collected, ...] = ()


def against_control(n_arms: int) -> Matrix:
    """Every arm minus the first, (D - 1, D); the mean itself for one population, (1, 1)."""
    if n_arms == 1:
        return np.ones((1, 1))
    return np.hstack([-np.ones((n_arms - 1, 1)), np.eye(n_arms - 1)])


def basis_of(joint: Joint, contrasts: Matrix | None) -> Basis:
    """The basis with a usable covariance, warned when floored; refuses contrasts that do not fit the arms."""
    wanted = (
        against_control(joint.n_arms) if contrasts is None else np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
    )
    if wanted.shape[1] != joint.n_arms or not np.all(np.isfinite(wanted)) or not np.all(np.any(wanted != 0, axis=1)):
        detail = f"a contrast needs {joint.n_arms} finite weights, one per arm, not all zero"
        raise InvalidPlan.at("/basis/contrasts", "bad_contrast", detail, "give a weight for each arm")
    usable, moved = floored(joint)
    message = "predictions are perfectly correlated with each other or with the outcome; a floor of 1e-9 was applied"
    doubts = (Warned("singular_correlations", message, "/basis"),) if moved else ()
    return Basis(usable, wanted, doubts)


def floored(joint: Joint) -> tuple[Joint, bool]:
    """The joint with every block (y_d, c) positive definite, and whether anything had to move.

    Eigenvalues of the columns' correlation matrix are raised to 1e-9; an outcome that the columns would explain
    beyond 1 - 1e-9 has its covariances shrunk to that. Sub-blocks of positive definite blocks stay so.
    """
    sigma, D = joint.covariance.copy(), joint.n_arms
    scale = np.sqrt(np.diag(sigma)[D:])
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(sigma[D:, D:] / np.outer(scale, scale))
    moved = bool(values.size) and bool(values.min() < SMALLEST_EIGENVALUE)
    if moved:
        raised = (vectors * np.maximum(values, SMALLEST_EIGENVALUE)) @ vectors.T
        sigma[D:, D:] = raised * np.outer(scale, scale)
    for d in range(D):
        shown = [D + j for j in columns_shown(joint.columns, joint.prediction_design, d)]
        explained = _explained(sigma, d, shown)
        if explained > (1 - SMALLEST_EIGENVALUE) * sigma[d, d]:
            moved = True
            shrink = np.sqrt((1 - SMALLEST_EIGENVALUE) * sigma[d, d] / explained)
            sigma[d, shown] *= shrink
            sigma[shown, d] *= shrink
    return (replace(joint, covariance=sigma), True) if moved else (joint, False)


def _explained(sigma: Matrix, d: int, shown: list[int]) -> float:
    """Variance of outcome d explained by its columns, s' S^{-1} s."""
    if not shown:
        return 0.0
    cross = sigma[d, shown]
    return float(cross @ np.linalg.solve(sigma[np.ix_(shown, shown)], cross))
