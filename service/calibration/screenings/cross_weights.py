"""Cross-weights: weights of a fold from LLM evidence and the human p-values of the other folds (IHW).

Formula: for each fold the calibration (slope, residual_sd and a nuisance share of null hypotheses, on a grid around
the stated one) that maximises, over the hypotheses of the other folds that were run,
    sum log( share + (1 - share) L_i ),  L_i = LR_i(|z_i|) where p_i > error_rate, else P(p_i <= error_rate)/error_rate
LR the two-sided density of z as expected over that under the null (weights.py); then weights as without humans.
A share of nulls only scales the gain of power, so the best thresholds for a given mean do not depend on it.
Shapes: J hypotheses; folds (J,) of integers. Units: none.
Assumes: hypotheses of different folds are independent (benjamini_hochberg: all of them).
Breaks: hypotheses that share respondents are dependent: put no trust in cross-weights there.
Raises: nothing.
Source: Ignatiadis & Huber (2021), JRSS B 83:720-751, arXiv 1701.05179: cross-weighting and its censored form.
Differs: weights by a parametric expectation, not by bins of a covariate. Below error_rate only that a p-value is below
is used, and benjamini_hochberg rejects no p above it: so no p-value moves the weights it is judged with, and the error
rate holds exactly for independent hypotheses. Holm is applied fold by fold.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.special import ndtri

from service.calibration.moments import FloatArray, IntArray
from service.calibration.screenings.expectation import EffectCalibration, Expectation, LlmEffects, expectation
from service.calibration.screenings.weights import Gain, Rule, weights

SLOPES = (1.0, 0.0, 0.25, 0.5, 0.75, 1.5, 2.5)  # of the stated one, which is taken when nothing is learned
RESIDUALS = (1.0, 0.0, 0.25, 0.5, 2.0)
NULL_SHARES = (0.5, 0.1, 0.3, 0.7, 0.9, 0.97)


def dealt(count: int, folds: int, seed: int) -> IntArray:
    """Folds (J,) as equal in size as can be, at random."""
    order = np.random.default_rng([seed, 0x464F4C44]).permutation(count)
    return np.asarray(order % min(folds, count), dtype=np.int64)


def cross_weights(
    llm: LlmEffects, p_values: FloatArray, stated: tuple[EffectCalibration, float], rule: Rule, folds: IntArray
) -> FloatArray:
    """Weights (J,) with mean 1 in every fold; ``stated`` is the calibration and the planned standard error."""
    calibration, planned = stated
    candidates = [
        EffectCalibration(s * calibration.slope, r * calibration.residual_sd, calibration.intercept)
        for s, r in product(SLOPES, RESIDUALS)
    ]
    scores = np.array([_scores(expectation(llm, c, planned), p_values, rule, folds) for c in candidates])
    found = np.ones(folds.shape[0])
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        elsewhere = (scores.sum(axis=2) - scores[:, :, fold]).max(axis=1)
        learned = candidates[int(elsewhere.argmax())]
        found[rows] = weights(expectation(llm, learned, planned).of(rows), rule)
    return found


def _scores(expected: Expectation, p_values: FloatArray, rule: Rule, folds: IntArray) -> FloatArray:
    """Log-likelihood ratios summed within folds, one row per share of nulls."""
    run = np.flatnonzero(~np.isnan(p_values))
    part, p = expected.of(run), p_values[run]
    tail = part.power(np.full(run.shape[0], rule.error_rate)) / rule.error_rate
    z = -ndtri(np.maximum(p, rule.error_rate) / 2.0)
    with np.errstate(divide="ignore"):
        log_ratio = np.where(p > rule.error_rate, Gain(part).log_ratio(z), np.log(tail))
    count = int(folds.max()) + 1
    mixed = (np.logaddexp(np.log(s), np.log1p(-s) + log_ratio) for s in NULL_SHARES)
    return np.array([np.bincount(folds[run], weights=values, minlength=count) for values in mixed])
