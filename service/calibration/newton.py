"""Newton's method for a concave log likelihood, with steps halved until it does not fall.

Formula: theta <- theta + H^{-1} s, s the slope and -H the curvature of the log likelihood at theta.
Shapes: J parameters. Units: those of the parameters.
Assumes: a concave likelihood, parameters of comparable scale. Breaks: no finite maximum (separation): said, not raised.
Raises: nothing. Source: Boyd & Vandenberghe (2004), Convex Optimization, section 9.5. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from service.calibration.moments import FloatArray

STEPS, HALVINGS = 60, 30
SMALL_GAIN = 1e-22  # a Newton decrement below this share of the likelihood ends the search
FARTHEST = 30.0  # a difference of linear predictors beyond which a fitted probability is 0 or 1
RIDGE = 1e-12


@dataclass(frozen=True, slots=True)
class Local:
    """Log likelihood, slope (J,) and H (J, J) at some parameters, and the largest difference of linear predictors."""

    likelihood: float
    slope: FloatArray
    curvature: FloatArray
    farthest: float


def maximum(at: Callable[[FloatArray], Local], start: FloatArray) -> tuple[FloatArray, bool]:
    """The parameters (J,) of the maximum, and whether it is one."""
    theta, here = start, at(start)
    for _ in range(STEPS):
        move = scipy.linalg.cho_solve((factor_of(here.curvature), True), here.slope)
        gain = float(here.slope @ move)
        theta, here = _climbed(at, theta, here, move)
        if here.farthest > FARTHEST:
            return theta, False
        if gain <= SMALL_GAIN * (1.0 + abs(here.likelihood)):
            return theta, True
    return theta, False


def factor_of(curvature: FloatArray) -> FloatArray:
    """The lower factor C of H = C C'; of a curvature that has vanished, that of a little more."""
    try:
        return np.asarray(np.linalg.cholesky(curvature))
    except np.linalg.LinAlgError:
        more = RIDGE * (1.0 + float(np.trace(curvature)))
        return np.asarray(np.linalg.cholesky(curvature + more * np.eye(curvature.shape[0])))


def _climbed(
    at: Callable[[FloatArray], Local], theta: FloatArray, here: Local, move: FloatArray
) -> tuple[FloatArray, Local]:
    for _ in range(HALVINGS):
        there = at(theta + move)
        if there.likelihood >= here.likelihood - 1e-12 * abs(here.likelihood):
            break
        move = move / 2.0
    return theta + move, there
