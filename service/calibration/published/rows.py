"""What the published forms are computed from: one population's designs, outcomes and predictions, unweighted.

Shapes: x (k, n), y and f (n,) of the humans; x_only (k, N), f_only (N,) of the LLM-only units. An intercept is a row of
ones, given by the caller.
Units: y and f are on one scale; the rows of x have their own units.
Raises: NotIdentified ``collinear_terms``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.calibration.errors import CalibrationError, NotIdentified
from service.calibration.moments import FloatArray

Family = Literal["linear", "logistic", "poisson"]
DEPENDENT = 1e-10  # a term whose part outside the terms before it is below this share of its length


@dataclass(frozen=True, slots=True)
class Rows:
    """Designs x (k, n) and x_only (k, N), outcome y (n,), predictions f (n,) and f_only (N,); finite float64."""

    x: FloatArray
    y: FloatArray
    f: FloatArray
    x_only: FloatArray
    f_only: FloatArray

    @property
    def n(self) -> int:
        """Number of humans."""
        return len(self.y)

    @property
    def m(self) -> int:
        """Number of LLM-only units (N in the papers)."""
        return len(self.f_only)


def least_squares(x: FloatArray, targets: FloatArray) -> FloatArray:
    """Coefficients (k, t) of targets (n, t) on the terms x (k, n), by QR of the scaled terms.

    Raises ``collinear_terms`` where a term is a combination of the others.
    """
    length = np.sqrt(np.einsum("ij,ij->i", x, x))
    if x.shape[1] < x.shape[0] or not length.all():
        raise singular()
    basis, triangle = np.linalg.qr((x / length[:, None]).T)
    if np.abs(np.diag(triangle)).min() < DEPENDENT:
        raise singular()
    return np.asarray(np.linalg.solve(triangle, basis.T @ targets) / length[:, None])


def singular() -> CalibrationError:
    """The refusal of a design whose terms are dependent."""
    return NotIdentified.at(
        "/plan/estimand",
        "collinear_terms",
        "the terms are linearly dependent on the humans or on the LLM-only units",
        "leave out terms that are constant or combinations of others; the published forms drop none",
    )
