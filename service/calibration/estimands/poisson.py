"""Poisson regression coefficients (log rates) of the outcome on a model's terms.

Formula: sum_i x_i (y_i - exp(x_i'theta)) = 0,
x with an intercept; each coefficient is calibrated by its influence values (see ``linearised``).
Shapes: one estimate per term, the intercept first. Units: log rate per unit of the term.
Assumes: outcomes of 0 or more;
the coefficients are those of the best fit, whether or not the model is true.
Breaks: counts far more variable than Poisson: the interval stays valid (sandwich), wide.
Raises: what ``linearised`` and ``generalized_linear`` raise.
Source: Angelopoulos et al. 2311.01453, section 5 (generalised linear models).
Differs: one step from the human fit instead of a new fit; slopes of least squares per coefficient.
"""

from __future__ import annotations

from functools import partial

from service.calibration import generalized_linear
from service.calibration.card import Card
from service.calibration.linearised import Statistic

CARD = Card(
    name="poisson",
    title="Poisson regression coefficients (log rates)",
    formula="sum_i x_i (y_i - exp(x_i'theta)) = 0, calibrated coefficient by coefficient through influence values",
    assumptions=("humans are a random sample of the population", "outcomes of 0 or more"),
    limits=("counts far more variable than Poisson: the interval stays valid (sandwich), wide",),
    sources=("Angelopoulos et al. 2311.01453",),
)
STATISTIC = Statistic(partial(generalized_linear.fit, generalized_linear.POISSON), low=0.0)
