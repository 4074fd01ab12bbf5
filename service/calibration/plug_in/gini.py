"""Gini index of an outcome that is 0 or more, fitted as its logit.

Formula: with d_i = sum_j w_j |y_i - y_j| / sum w, D = sum w_i d_i / sum w / (1 - sum w^2 / (sum w)^2),
    G = D / (2 ybar),   theta = logit G,   phi_i = [(d_i' - D) / ybar - G (y_i - ybar) / ybar] / (G (1 - G))
d_i' = d_i / (1 - sum w^2 / (sum w)^2): without the zero distances of units from themselves (unweighted: n / (n - 1)).
Corrected as residuals of a regression on (1, y); told as an index from 0 to 1.
Shapes: one estimate per arm. Units: none.
Assumes: answers of 0 or more, finite variance. Breaks: long tails; coverage stands in decisions/0017.
Raises: ``outside_range`` and what ``linearised`` raises.
Source: Langel & Tille (2013), JRSS A 176 (linearisation); David (1968), Biometrika 55 (the divisor).
Differs: distances of units from themselves do not count, and the scale is the logit.
"""

from __future__ import annotations

from math import log

import numpy as np

from service.calibration.card import Card
from service.calibration.errors import InvalidSample, Warned
from service.calibration.influence import Design
from service.calibration.linearised import Statistic
from service.calibration.model_rows import Rows
from service.calibration.moments import FloatArray
from service.calibration.plug_in.populations import NOTHING, Piece, mean, of_each, standardised, undefined
from service.calibration.sample import Sample, Units

CARD = Card(
    name="gini",
    title="Gini index of every arm",
    formula="half the relative mean difference, calibrated as its logit",
    assumptions=("humans are a random sample of the population", "answers of 0 or more, finite variance"),
    limits=("extreme tails, which the logit does not tame",),
    sources=("Langel & Tille (2013), JRSS A 176", "David (1968), Biometrika 55"),
)
LEAST = 1e-12  # an index closer to 0 or 1 has no logit worth the name
FEWEST = 2  # answers above 0


def logit(y: FloatArray, _x: FloatArray, weight: FloatArray) -> Piece:
    """Logit G of answers (n,)."""
    share = weight / weight.sum()
    centre, spread, u = standardised(y, share)
    spare = 1.0 - float(share @ share)
    if spread == 0.0 or spare <= 0.0:
        return undefined(-NOTHING, share)
    away = distances(y, share) / spare
    whole = float(away @ share)
    index = whole / (2.0 * centre)
    if not LEAST < index < 1.0 - LEAST:
        return undefined(NOTHING if index > 0.5 else -NOTHING, share)
    influence = (away - whole) / centre - index * (y - centre) / centre
    basis = np.array([np.ones_like(u), u]) * np.sqrt(share)
    return Piece(log(index / (1.0 - index)), influence / (index * (1.0 - index)), basis)


def distances(y: FloatArray, share: FloatArray) -> FloatArray:
    """Mean distance (n,) of every answer from all, by one sort."""
    order = np.argsort(y, kind="stable")
    ranked, mass = y[order], share[order]
    below, under = np.cumsum(mass) - mass, np.cumsum(mass * ranked) - mass * ranked
    above, over = 1.0 - below - mass, float(mass @ ranked) - under - mass * ranked
    found = np.empty_like(y)
    found[order] = ranked * below - under + over - ranked * above
    return found


def prepared(sample: Sample, human: Rows) -> tuple[Design, tuple[Warned, ...]]:
    """The design as it is; refuses an arm in which one human holds everything."""
    for source, place in zip(sample.human, sample.pointers, strict=True):
        assert isinstance(source, Units)
        assert source.y is not None
        if np.count_nonzero(source.y + sample.origin) < FEWEST:
            text = "fewer than two answers of an arm are above 0, so its index is 1 whatever the others are"
            raise InvalidSample.at(place, "outside_range", text, "collect more answers, or join arms")
    return human.design, ()


STATISTIC = Statistic(of_each(logit), low=0.0, adjusting=of_each(mean), prepared=prepared, arms="each", scale="logit")
