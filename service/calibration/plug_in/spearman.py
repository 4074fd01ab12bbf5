"""Spearman's rank correlation of the outcome with a covariate.

Formula: with U, V the midranks of covariate and outcome as shares of the weight (ties share their rank), less 1/2,
    rho = c / sqrt(a b),   c = E UV, a = E U^2, b = E V^2
    phi_i = (psi^c_i - c) / sqrt(a b) - rho [ (psi^a_i - a) / a + (psi^b_i - b) / b ] / 2
    psi^c_i = U_i V_i + E[(h(x_i, X) - U) V] + E[U (h(y_i, Y) - V)],   psi^a_i = U_i^2 + 2 E[(h(x_i, X) - U) U]
    h(x, X) = 1{x < X} + 1{x = X} / 2: how a unit moves the ranks of the others.
Corrected as residuals of their mean; interval and test on Fisher's scale.
Shapes: one estimate per arm. Units: none, from -1 to 1.
Assumes: nothing of tails. Breaks: at 20 humans intervals are conservative (decisions/0017).
Raises: ``with_required``, ``covariate_of_levels``, ``constant_term`` and what ``linearised`` raises.
Source: Croux & Dehon (2010), Statistical Methods and Applications 19 (influence function); ties are derived here.
Differs: the standard error is the sandwich's, not that of independence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.card import Card
from service.calibration.linearised import Statistic
from service.calibration.moments import FloatArray, IntArray
from service.calibration.plug_in.covariate import one_covariate
from service.calibration.plug_in.populations import FLAT, Piece, of_each, undefined

CARD = Card(
    name="spearman",
    title="Rank correlation of the outcome with a covariate in every arm",
    formula="Pearson's r of midranks, calibrated through its influence values; interval and test on Fisher's scale",
    assumptions=("humans are a random sample of the population",),
    limits=("conservative at 20 humans: .95 to .97",),
    sources=("Croux & Dehon (2010), Statistical Methods and Applications 19",),
)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Midranks less 1/2 (n,) of a column, and which of its different values every unit has."""

    rank: FloatArray
    place: IntArray
    share: FloatArray

    def moved(self, by: FloatArray) -> FloatArray:
        """E[h(x_i, X) by(X)] (n,) of a unit's value x_i: the part of ``by`` (n,) above it, ties half."""
        sums = np.bincount(self.place, self.share * by)
        above = float(sums.sum()) - np.cumsum(sums)
        return np.asarray((above + sums / 2.0)[self.place])


def rank_correlation(y: FloatArray, x: FloatArray, weight: FloatArray) -> Piece:
    """Spearman's rho of answers (n,) with the first of the terms (k, n); 0 where either is constant."""
    share = weight / weight.sum()
    u, v = _ranked(x[0], share), _ranked(y, share)
    a, b = float((u.rank * u.rank) @ share), float((v.rank * v.rank) @ share)
    if min(a, b) <= FLAT:
        return undefined(0.0, share)
    c, size = float((u.rank * v.rank) @ share), float(np.sqrt(a * b))
    rho = c / size
    both = u.rank * v.rank + u.moved(v.rank) + v.moved(u.rank) - 3.0 * c
    own_u = u.rank * u.rank + 2.0 * u.moved(u.rank) - 3.0 * a
    own_v = v.rank * v.rank + 2.0 * v.moved(v.rank) - 3.0 * b
    influence = both / size - rho * (own_u / a + own_v / b) / 2.0
    return Piece(rho, influence, np.sqrt(share)[None])


def _ranked(column: FloatArray, share: FloatArray) -> _Ranked:
    place = np.unique(column, return_inverse=True)[1].astype(np.int64)
    mass = np.bincount(place, share)
    return _Ranked((np.cumsum(mass) - mass / 2.0)[place] - 0.5, place, share)


STATISTIC = Statistic(
    of_each(rank_correlation),
    adjusting=of_each(rank_correlation),
    prepared=one_covariate,
    link="fisher_z",
    arms="each",
)
