"""A plug-in statistic of every arm, or of every arm against the first, from its fit to one population.

Formula: with pi_d = W_d / W the share of weight in arm d, a statistic of arm d has influence phi_i / pi_d on its own
units and 0 on all others; a comparison is the difference of two of them on the scale on which they are fitted.
Arms share no unit, so the leverage of all components is that of the arms' bases side by side.
Shapes: n units, D arms; a piece has influence (n,) and basis Z (q, n), Z Z' = I. Units: those of the statistic's scale.
Assumes: every arm has units of positive weight. Breaks: nothing. Raises: nothing.
Source: Hampel (1974), JASA 69 (influence curves). Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.influence import Design, Fitted, Fitter
from service.calibration.moments import FloatArray

FLAT = 1e-14  # share of a column's size below which its values do not differ
NOTHING = 700.0  # size of a log that stands for that of 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A statistic of one population; not ``defined``: ``theta`` is the end of its range and has no influence."""

    theta: float
    influence: FloatArray
    basis: FloatArray
    defined: bool = True


One = Callable[[FloatArray, FloatArray, FloatArray], Piece]
"""From answers (n,), terms (k, n) and weights (n,) of one population to its piece."""


def undefined(theta: float, share: FloatArray) -> Piece:
    """A statistic at the end of its range, of units with these shares (n,) of the weight."""
    return Piece(theta, np.zeros(share.shape[0]), np.sqrt(share)[None], defined=False)


def standardised(y: FloatArray, share: FloatArray) -> tuple[float, float, FloatArray]:
    """Mean, standard deviation (divisor: the weight) and standardised values (n,), which are 0 of a constant."""
    mean = float(y @ share)
    centred = y - mean
    spread = float(np.sqrt((centred * centred) @ share))
    flat = spread <= FLAT * max(float(np.abs(y).max(initial=0.0)), abs(mean))
    return mean, 0.0 if flat else spread, np.zeros_like(y) if flat else centred / spread


def mean(y: FloatArray, _x: FloatArray, weight: FloatArray) -> Piece:
    """The mean, which is how covariates and refusals adjust."""
    share = weight / weight.sum()
    centre = float(y @ share)
    return Piece(centre, y - centre, np.sqrt(share)[None])


def members(design: Design, n: int) -> tuple[NDArray[np.bool_], ...]:
    """Which units (n,) are in which arm; the last terms of the design tell the arms but the first."""
    others = len(design.arms) - 1
    if others < 1:
        return (np.ones(n, dtype=bool),)
    indicators = design.x[-others:] > 0.0
    return (~indicators.any(axis=0), *indicators)


def of_each(one: One) -> Fitter:
    """The fit of a statistic to every arm by itself."""

    def fit(answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
        pieces = _pieces(one, answers[0], design, weight)
        theta = np.array([p.theta for p in pieces])
        influence = np.array([p.influence for p in pieces])
        names = design.arms if len(design.arms) > 1 else ()
        return joined(names, theta, influence, pieces)

    return fit


def of_comparisons(one: One, sign: str) -> Fitter:
    """The fit of a statistic's difference between every arm and the first; ``sign`` stands between their names."""

    def fit(answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
        first, *others = pieces = _pieces(one, answers[0], design, weight)
        theta = np.array([p.theta - first.theta for p in others])
        influence = np.array([p.influence - first.influence for p in others])
        return joined(compared(design, sign), theta, influence, pieces)

    return fit


def compared(design: Design, sign: str) -> tuple[str, ...]:
    """The names of the comparisons of all arms with the first."""
    return tuple(f"{arm} {sign} {design.arms[0]}" for arm in design.arms[1:])


def joined(names: tuple[str, ...], theta: FloatArray, influence: FloatArray, pieces: Sequence[Piece]) -> Fitted:
    """The fit of components (J,) that are made of pieces on the same units."""
    return Fitted(
        names=("",) * theta.shape[0],
        theta=theta,
        influence=influence,
        basis=np.concatenate([p.basis for p in pieces]),
        converged=all(p.defined for p in pieces),
        populations=names,
        empirical=True,
    )


def _pieces(one: One, y: FloatArray, design: Design, weight: FloatArray) -> list[Piece]:
    """The statistic of every arm, as it is seen from all units."""
    return [_embedded(one, y, design, weight, at) for at in members(design, y.shape[0])]


def _embedded(one: One, y: FloatArray, design: Design, weight: FloatArray, at: NDArray[np.bool_]) -> Piece:
    if at.all():
        return one(y, design.x[1:], weight)
    own = one(y[at], design.x[1:, at], weight[at])
    influence, basis = np.zeros(y.shape[0]), np.zeros((own.basis.shape[0], y.shape[0]))
    influence[at] = own.influence * (weight.sum() / weight[at].sum())
    basis[:, at] = own.basis
    return Piece(own.theta, influence, basis, own.defined)
