"""Odds ratio of every arm and the first, fitted as its logarithm.

Formula: theta = logit p_d - logit p_0,   phi_i = (y_i - p_d) / (pi_d p_d (1 - p_d)) in arm d, minus the same in arm 0
which is the logistic regression on the arms; told as a ratio, tested against 1.
Shapes: one estimate per arm but the first. Units: none.
Assumes: answers of 0 or 1; LLMs may say probabilities. Breaks: fewer than 5 of either answer (``rare_outcome``).
Raises: ``too_few_arms``, ``not_binary``, ``outside_range`` and what ``linearised`` raises.
Source: Woolf (1955), Annals of Human Genetics 19; Agresti (2013), Categorical Data Analysis, section 3.1.
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
    name="odds_ratio",
    title="Odds ratio of every arm and the control",
    formula="ratio of the odds of a one, calibrated as its logarithm and tested against 1",
    assumptions=("humans were assigned to arms at random",),
    limits=("fewer than 5 of either answer in an arm (rare_outcome)", "biased away from 1 with few events"),
    sources=("Woolf (1955), Annals of Human Genetics 19", "Agresti (2013), Categorical Data Analysis, section 3.1"),
)


def log_odds(y: FloatArray, _x: FloatArray, weight: FloatArray) -> Piece:
    """Logit p of answers (n,)."""
    share = weight / weight.sum()
    p = float(y @ share)
    if not FLAT < p < 1.0 - FLAT:
        return undefined(NOTHING if p > 0.5 else -NOTHING, share)
    return Piece(log(p / (1.0 - p)), (y - p) / (p * (1.0 - p)), np.sqrt(share)[None])


STATISTIC = Statistic(
    of_comparisons(log_odds, "/"),
    low=0.0,
    high=1.0,
    adjusting=of_comparisons(mean, "/"),
    prepared=binary,
    arms="compared",
    scale="log",
    null=1.0,
)
