"""Standardised mean difference of every arm and the first: Hedges' g.

Formula: with s^2 = sum_d sum w (y - ybar_d)^2 / sum_d (W_d - sum w^2 / W_d) pooled inside all arms, nu the sum over
arms of Kish's n less 1 each (unweighted: n - D) and J = Gamma(nu / 2) / (sqrt(nu / 2) Gamma((nu - 1) / 2)),
    g_d = J (ybar_d - ybar_0) / s
    phi_i = J (1{d} - 1{0}) (y_i - ybar) / (pi s) - g_d ((y_i - ybar)^2 c / s^2 - 1) / 2,    c the divisor's correction
corrected as residuals of a regression on the arms and the deviations inside them.
Shapes: one estimate per arm but the first. Units: pooled standard deviations.
Assumes: finite fourth moments; one spread inside all arms, for the name. Breaks: long tails below about 50 per arm.
Raises: ``too_few_arms`` and what ``linearised`` raises.
Source: Hedges (1981), Journal of Educational Statistics 6; Hedges & Olkin (1985), Statistical Methods for
Meta-Analysis.
Differs: the standard error is the sandwich's, not that of normal outcomes.
"""

from __future__ import annotations

from math import exp, log

import numpy as np
from scipy.special import gammaln

from service.calibration.card import Card
from service.calibration.influence import Design, Fitted
from service.calibration.linearised import Statistic
from service.calibration.moments import FloatArray
from service.calibration.plug_in.populations import Piece, compared, joined, mean, members, of_comparisons, standardised

CARD = Card(
    name="standardized_mean_difference",
    title="Standardised mean difference (Hedges' g) of every arm and the control",
    formula="difference of means by the standard deviation pooled inside all arms, less its small-sample bias",
    assumptions=("humans were assigned to arms at random", "finite fourth moments"),
    limits=("tails longer than log-normal ones below about 50 humans per arm",),
    sources=("Hedges (1981), Journal of Educational Statistics 6",),
)
MANY = 1e6  # degrees of freedom beyond which the bias is rounding
EXACT = 2.0  # degrees of freedom below which the bias has no finite correction worth the name


def fit(answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """G of answers (1, n) for all arms but the first; 0 where nothing varies inside the arms."""
    y, at = answers[0], members(design, answers.shape[1])
    masses = np.array([float(weight[m].sum()) for m in at])
    lost = np.array([float(weight[m] @ weight[m]) for m in at]) / masses
    centres = np.array([float(y[m] @ weight[m]) for m in at]) / masses
    share = weight / weight.sum()
    rest = y - np.select(at, centres)
    _, spread, u = standardised(rest, share)
    size = spread / np.sqrt(1.0 - float(lost.sum() / masses.sum())) if spread > 0.0 else np.inf
    factor = unbiased(float((masses / lost - 1.0).sum()))
    arms = [np.sqrt(weight / mass) * m for m, mass in zip(at, masses, strict=True)]
    by_arm = [m * rest / size * (masses.sum() / mass) for m, mass in zip(at, masses, strict=True)]
    theta = factor * (centres[1:] - centres[0]) / size
    influence = np.array(
        [
            factor * (own - by_arm[0]) - g * (u * u - (spread > 0.0)) / 2.0
            for own, g in zip(by_arm[1:], theta, strict=True)
        ]
    )
    whole = Piece(0.0, u, np.array([*arms, u * np.sqrt(share)]), defined=spread > 0.0)
    return joined(compared(design, "-"), theta, influence, [whole])


def unbiased(df: float) -> float:
    """J, by which a standardised difference on ``df`` degrees of freedom is too large."""
    if df > MANY:
        return 1.0
    df = max(df, EXACT)
    return exp(float(gammaln(df / 2.0)) - log(df / 2.0) / 2.0 - float(gammaln((df - 1.0) / 2.0)))


STATISTIC = Statistic(fit, adjusting=of_comparisons(mean, "-"), arms="compared")
