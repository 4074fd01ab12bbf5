"""Logistic regression coefficients (log odds) of the outcome on a model's terms.

Formula: sum_i x_i (y_i - expit(x_i'theta)) = 0,
x with an intercept; each coefficient is calibrated by its influence values (see ``linearised``).
Shapes: one estimate per term, the intercept first. Units: log odds per unit of the term.
Assumes: outcomes from 0 to 1, soft labels included;
the coefficients are those of the best fit, whether or not the model is true.
Breaks: fewer than about 10 of the rarer answer per term: biased away from 0.
Raises: what ``linearised`` and ``generalized_linear`` raise.
Source: Angelopoulos et al. 2301.09633, algorithm 4.
Differs: one step from the human fit instead of a new fit; slopes of least squares per coefficient.
"""

from __future__ import annotations

from functools import partial

from service.calibration import generalized_linear
from service.calibration.card import Card
from service.calibration.linearised import Statistic

CARD = Card(
    name="logistic",
    title="Logistic regression coefficients (log odds)",
    formula="sum_i x_i (y_i - expit(x_i'theta)) = 0, calibrated coefficient by coefficient through influence values",
    assumptions=("humans are a random sample of the population", "outcomes from 0 to 1, soft labels included"),
    limits=("fewer than about 10 of the rarer answer per term: biased away from 0",),
    sources=("Angelopoulos et al. 2301.09633",),
)
STATISTIC = Statistic(partial(generalized_linear.fit, generalized_linear.LOGISTIC), low=0.0, high=1.0)
