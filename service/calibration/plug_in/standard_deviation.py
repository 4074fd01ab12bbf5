"""Standard deviation of the outcome: the root of the variance, fitted as its logarithm.

Formula: theta = log s = log s^2 / 2 and half the influence of ``variance``, so that estimate and interval are exactly
the roots of those of the variance.
Shapes: one estimate per arm. Units: those of the outcome.
Assumes: as ``variance``. Breaks: as ``variance``. Raises: as ``variance``.
Source: as ``variance``. Differs: in nothing.
"""

from __future__ import annotations

from dataclasses import replace

from service.calibration.card import Card
from service.calibration.linearised import Statistic
from service.calibration.moments import FloatArray
from service.calibration.plug_in.populations import Piece, mean, of_each
from service.calibration.plug_in.tails import long_tails
from service.calibration.plug_in.variance import logarithm

CARD = Card(
    name="standard_deviation",
    title="Standard deviation of every arm",
    formula="root of the variance with divisor n - 1, calibrated as its logarithm",
    assumptions=("humans are a random sample of the population", "finite fourth moments"),
    limits=("long tails: .88, .90, .92 instead of .95 at 20, 50, 200 humans with log-normal outcomes (long_tails)",),
    sources=("Layard (1973), JASA 68",),
)


def half(y: FloatArray, x: FloatArray, weight: FloatArray) -> Piece:
    """Log s of answers (n,)."""
    whole = logarithm(y, x, weight)
    return replace(whole, theta=whole.theta / 2.0, influence=whole.influence / 2.0)


STATISTIC = Statistic(of_each(half), adjusting=of_each(mean), prepared=long_tails, arms="each", scale="log")
