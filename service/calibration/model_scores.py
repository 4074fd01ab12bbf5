"""What every LLM alone is worth, scored on answers that its slopes have not seen, and whether two differ beyond noise.

Formula: with z_i the joint influence values of the cross-fitted estimate that always takes model m (see
``model_selection``; V_m = sum z_mi^2), and z_0i those of the human-only estimate,
    variance ratio  V_m / V_0,   interval  exp(log ratio -+ t se),   u_i = z_mi^2 / V_m - z_0i^2 / V_0
    se^2 = sum over groups g of n_g / (n_g - 1) sum (u_i - ubar_g)^2
Two models are compared by the same with both of them: log V_b - log V_a on the units they share. Against the best of M
the interval is of level 1 - (1 - level) / (M (M - 1) / 2): all pairs hold together, which pays for the best having been
looked for on the same units; and se^2 is times 1 + K / (K - 1), for slopes of K folds that share training humans.
Shapes: M models; contrast (D,). Units: ratios.
Assumes: units (or clusters) independent. Breaks: that slopes of different folds share training humans is left out of
the intervals of variance ratios and of the comparison with the next, somewhat short with few humans: exploratory.
Raises: nothing. Source: Nadeau & Bengio (2003), Machine Learning 52:239-281 (shared training); Dunn (1961), Journal of
the American Statistical Association 56:52-64 (all pairs together); delta method.
Differs: the influence values of the estimate stand for the loss, so that the pool's part counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from service.calibration.cross_fitting import FOLDS
from service.calibration.estimate import Estimate
from service.calibration.moments import FloatArray
from service.calibration.plan import Population
from service.calibration.variance import influences

Squares = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Against:
    """A model against the best one: a ratio or difference, its interval, whether that leaves out no difference."""

    value: float
    lower: float
    upper: float
    beyond_noise: bool


@dataclass(frozen=True, slots=True)
class ModelScore:
    """A model's cross-fitted variance ratio with its interval, its rank, and how far the next in rank is behind.

    ``ratio_to_next`` is this model's variance over the next one's, ``p_value`` that of no difference; None: the last.
    ``to_best`` is the variance over that of the best; None: the best.
    """

    model: str
    rank: int
    variance_ratio: float
    lower: float
    upper: float
    ratio_to_next: float | None
    p_value: float | None
    to_best: Against | None = None


def squares(estimate: Estimate, contrast: FloatArray, population: Population) -> Squares:
    """Squared influence values of every unit (or cluster) that a contrast rests on, by the group it was sampled in."""
    return {g.source: g.values**2 for g in influences(estimate, contrast, population)}


def variance_ratio(own: Squares, other: Squares) -> float | None:
    """The ratio of two variances; None where the second is 0."""
    below = _total(other)
    return _total(own) / below if below > 0.0 else None


def scores(by_model: Mapping[str, Squares], human: Squares, level: float) -> tuple[ModelScore, ...]:
    """All models, best first; none where a variance is 0."""
    ordered = sorted(by_model, key=lambda m: _total(by_model[m]))
    if not _total(human) > 0.0 or any(not _total(s) > 0.0 for s in by_model.values()):
        return ()
    found = []
    for place, model in enumerate(ordered):
        own = by_model[model]
        value, error, df = _compared(own, human)
        reach = -float(stdtrit(df, (1.0 - level) / 2.0)) * error
        behind = _compared(own, by_model[ordered[place + 1]]) if place + 1 < len(ordered) else None
        found.append(
            ModelScore(
                model,
                place + 1,
                exp(value),
                exp(value - reach),
                exp(value + reach),
                None if behind is None else exp(behind[0]),
                None if behind is None else _p_value(*behind),
                _against(_compared(own, by_model[ordered[0]]), paired_level(level, len(ordered))) if place else None,
            )
        )
    return tuple(found)


def paired_level(level: float, models: int) -> float:
    """The level of each of all comparisons of two of these models that hold together at ``level``."""
    return 1.0 - (1.0 - level) / max(1, models * (models - 1) // 2)


def shared_training(folds: int) -> float:
    """What standard errors of cross-fitted scores are times, for slopes of different folds share training humans."""
    return sqrt(1.0 + folds / (folds - 1.0))


def _against(compared: tuple[float, float, float], level: float) -> Against:
    value, error, df = compared
    reach = -float(stdtrit(df, (1.0 - level) / 2.0)) * error * shared_training(FOLDS)
    return Against(exp(value), exp(value - reach), exp(value + reach), value - reach > 0.0)


def _total(values: Squares) -> float:
    return float(sum(v.sum() for v in values.values()))


def _compared(own: Squares, other: Squares) -> tuple[float, float, float]:
    """Logarithm of the ratio of two variances, its standard error, degrees of freedom."""
    a, b, variance, df = _total(own), _total(other), 0.0, 0.0
    for source in dict.fromkeys((*own, *other)):
        u = own.get(source, 0.0) / a - np.asarray(other.get(source, 0.0)) / b
        n = u.shape[0]
        if n > 1:
            variance += n / (n - 1.0) * float(np.square(u - u.mean()).sum())
            df += n - 1.0
    return log(a / b), sqrt(variance), max(1.0, df)


def _p_value(value: float, error: float, df: float) -> float:
    return float(2.0 * stdtr(df, -abs(value) / error)) if error > 0.0 else 1.0
