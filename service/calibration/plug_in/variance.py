"""Variance of the outcome, fitted as its logarithm.

Formula: s^2 = sum w (y - ybar)^2 / (sum w - sum w^2 / sum w) (unweighted: the divisor n - 1),
    theta = log s^2,     phi_i = u_i^2 - 1,     u the outcome standardised with divisor sum w
corrected as residuals of a regression on (1, y); interval and test on the log scale, told as a variance.
Shapes: one estimate per arm. Units: those of the outcome, squared.
Assumes: finite fourth moments. Breaks: heavy tails; coverage stands in decisions/0017.
Raises: what ``linearised`` raises.
Source: Layard (1973), JASA 68 (influence of log s^2, jackknife); MacKinnon & White (1985) for the correction.
Differs: degrees of freedom are those of the squared influence values, not n - 1.
"""

from __future__ import annotations

from math import log

import numpy as np

from service.calibration.card import Card
from service.calibration.linearised import Statistic
from service.calibration.moments import FloatArray
from service.calibration.plug_in.populations import NOTHING, Piece, mean, of_each, standardised, undefined
from service.calibration.plug_in.tails import long_tails

CARD = Card(
    name="variance",
    title="Variance of every arm",
    formula="s^2 with divisor n - 1, calibrated as its logarithm",
    assumptions=("humans are a random sample of the population", "finite fourth moments"),
    limits=("long tails: .88, .90, .92 instead of .95 at 20, 50, 200 humans with log-normal outcomes (long_tails)",),
    sources=("Layard (1973), JASA 68",),
)


def logarithm(y: FloatArray, _x: FloatArray, weight: FloatArray) -> Piece:
    """Log s^2 of answers (n,)."""
    share = weight / weight.sum()
    _, spread, u = standardised(y, share)
    lost = float(share @ share)
    if spread == 0.0 or lost >= 1.0:
        return undefined(-NOTHING, share)
    theta = 2.0 * log(spread) - log(1.0 - lost)
    return Piece(theta, u * u - 1.0, np.array([np.ones_like(u), u]) * np.sqrt(share))


STATISTIC = Statistic(of_each(logarithm), adjusting=of_each(mean), prepared=long_tails, arms="each", scale="log")
