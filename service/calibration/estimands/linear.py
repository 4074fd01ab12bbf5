"""Linear regression coefficients of the outcome on a model's terms.

Formula: sum_i x_i (y_i - x_i'theta) = 0,
x with an intercept; each coefficient is calibrated by its influence values (see ``linearised``).
Shapes: one estimate per term, the intercept first. Units: outcome units per unit of the term.
Assumes: any outcome;
the coefficients are those of the best fit, whether or not the model is true.
Breaks: few humans per term: t interval with n - columns - k degrees of freedom.
Raises: what ``linearised`` and ``generalized_linear`` raise.
Source: Angelopoulos et al. 2301.09633, algorithm 3.
Differs: one step from the human fit instead of a new fit; slopes of least squares per coefficient.
"""

from __future__ import annotations

from functools import partial

from service.calibration import generalized_linear
from service.calibration.card import Card
from service.calibration.linearised import Statistic

CARD = Card(
    name="linear",
    title="Linear regression coefficients",
    formula="sum_i x_i (y_i - x_i'theta) = 0, calibrated coefficient by coefficient through influence values",
    assumptions=("humans are a random sample of the population", "any outcome"),
    limits=("few humans per term: t interval with n - columns - k degrees of freedom",),
    sources=("Angelopoulos et al. 2301.09633",),
)
STATISTIC = Statistic(partial(generalized_linear.fit, generalized_linear.LINEAR))
