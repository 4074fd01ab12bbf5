"""Risk ratio of every arm and the first, fitted as its logarithm.

Formula: theta = log p_d - log p_0,   phi_i = (y_i - p_d) / (pi_d p_d) in arm d, minus the same in arm 0
corrected as residuals of the arms' means; told as a ratio, tested against 1.
Shapes: one estimate per arm but the first. Units: none.
Assumes: answers of 0 or 1; LLMs may say probabilities. Breaks: fewer than 5 events in an arm (``rare_outcome``).
Raises: ``too_few_arms``, ``not_binary``, ``outside_range`` and what ``linearised`` raises.
Source: Katz, Baptista, Azen & Pike (1978), Biometrics 34.
Differs: HC2 and degrees of freedom instead of the normal quantile.
"""

from __future__ import annotations

from math import log

import numpy as np

from service.calibration.card import Card
from service.calibration.linearised import Statistic
from service.calibration.moments import FloatArray
from service.calibration.plug_in.binary import binary
from service.calibration.plug_in.populations import FLAT, NOTHING, Piece, mean, of_comparisons, undefined

CARD = Card(
    name="risk_ratio",
    title="Risk ratio of every arm and the control",
    formula="ratio of the shares of ones, calibrated as its logarithm and tested against 1",
    assumptions=("humans were assigned to arms at random",),
    limits=(
        "fewer than 5 events in an arm (rare_outcome)",
        "conservative with few events: .977 at 20 humans per arm and risks .2, .4",
    ),
    sources=("Katz, Baptista, Azen & Pike (1978), Biometrics 34",),
)


def log_risk(y: FloatArray, _x: FloatArray, weight: FloatArray) -> Piece:
    """Log p of answers (n,)."""
    share = weight / weight.sum()
    p = float(y @ share)
    if p <= FLAT:
        return undefined(-NOTHING, share)
    return Piece(log(p), (y - p) / p, np.sqrt(share)[None])


STATISTIC = Statistic(
    of_comparisons(log_risk, "/"),
    low=0.0,
    high=1.0,
    adjusting=of_comparisons(mean, "/"),
    prepared=binary,
    arms="compared",
    scale="log",
    null=1.0,
)
