"""Random-effects prediction of the human effect of a new study from its LLM-only effect.

Formula: x0 = E[true LLM effect | measured], left0 its variance; estimate = a + b x0,
se^2 = tau2* + b^2 left0 + (1, x0) Cov(a, b) (1, x0)', interval estimate -+ t se on T - p degrees of freedom (T studies,
p coefficients); tau2* is the mean of tau2 over its restricted likelihood, not its best point, which is too often zero.
P(wrong sign) = P(t_df < -sign(LLM) estimate/se).
Surrogate threshold: the measured LLM effect from which the interval excludes zero, the root of
(a + b x)^2 = t^2 (tau2* + b^2 left0 + (1, x) Cov (1, x)') on the side of positive (negative) human effects; None when
the slope's own interval of that t holds zero.
R^2 = max(0, 1 - tau2/tau2_total).

**Shapes** scalars.
**Units** those of the effects.
**Assumes** what line.py assumes, and that the new study is one more of the same kind.
**Breaks** a new LLM effect beyond the past ones: the line is then assumed where nobody looked (warned).
**Raises** nothing; empty with fewer than p + 2 studies.
**Source** Partlett & Riley (2017), Statistics in Medicine 36:301-317, for intervals with Hartung-Knapp errors;
Burzykowski & Buyse (2006), Pharmaceutical Statistics 5:173-186, for the threshold.
**Differs** in tau2*: with the best point the interval covers .83 to .95 where studies vary less than their errors
(decisions/0031). The threshold is for an LLM effect measured with the new study's standard error, not without error.
"""

from __future__ import annotations

from math import copysign, sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from service.calibration.track_records.answer import Interval, RandomEffects
from service.calibration.track_records.line import Line, line
from service.calibration.track_records.llm_effects import LlmEffects
from service.calibration.track_records.record import TrackRecord
from service.calibration.track_records.sampling import Sampling


def random_effects(record: TrackRecord, errors: Sampling, llm: LlmEffects | None) -> RandomEffects:
    """The prediction; empty with too few studies."""
    if llm is None or record.n_studies < studies_for(llm):
        return RandomEffects()
    return predicted(record, line(record, errors, llm), llm)


def predicted(record: TrackRecord, fitted: Line, llm: LlmEffects) -> RandomEffects:
    """The new study's effect by a line."""
    df = float(record.n_studies - len(fitted.coefficients))
    quantile, new = float(stdtrit(df, (1.0 + record.confidence_level) / 2.0)), record.new
    expected, left = llm.expect(new.estimate, new.standard_error)
    place = np.array([1.0, expected])[: len(fitted.coefficients)]
    noise = fitted.tau2_mean + (fitted.slope or 0.0) ** 2 * left
    estimate, error = float(place @ fitted.coefficients), sqrt(noise + fitted.variance(place))
    positive, negative = _thresholds(fitted, noise, quantile)
    return RandomEffects(
        estimate=estimate,
        standard_error=error,
        df=df,
        interval=_around(record, estimate, quantile * error),
        slope=fitted.slope,
        slope_interval=_slope_interval(record, fitted, quantile),
        intercept=float(fitted.coefficients[0]),
        r_squared=None if fitted.slope is None else _r_squared(fitted),
        tau2=fitted.tau2,
        tau2_total=fitted.tau2_total,
        surrogate_threshold=None if positive is None else llm.measured(positive, new.standard_error),
        surrogate_threshold_negative=None if negative is None else llm.measured(negative, new.standard_error),
        wrong_sign_probability=None if new.estimate == 0 else _wrong_sign(new.estimate, estimate / error, df),
    )


def studies_for(llm: LlmEffects) -> int:
    """The least number of studies for a prediction: two degrees of freedom beside the coefficients."""
    return 3 if llm.alike else 4


def _around(record: TrackRecord, middle: float, margin: float) -> Interval:
    return Interval("hartung_knapp", record.confidence_level, middle - margin, middle + margin)


def _slope_interval(record: TrackRecord, fitted: Line, quantile: float) -> Interval | None:
    if fitted.slope is None:
        return None
    return _around(record, fitted.slope, quantile * sqrt(fitted.covariance[1, 1]))


def _r_squared(fitted: Line) -> float | None:
    return max(0.0, 1.0 - fitted.tau2 / fitted.tau2_total) if fitted.tau2_total > 0 else None


def _wrong_sign(llm: float, ratio: float, df: float) -> float:
    return float(stdtr(df, -copysign(1.0, llm) * ratio))


def _thresholds(fitted: Line, noise: float, quantile: float) -> tuple[float | None, float | None]:
    """The expected true LLM effects at which the interval's lower, and its upper, limit is zero."""
    if fitted.slope is None:
        return None, None
    (intercept, slope), t2, cov = fitted.coefficients, quantile**2, fitted.covariance
    square = slope**2 - t2 * cov[1, 1]
    if square <= 0:
        return None, None
    half = intercept * slope - t2 * cov[0, 1]
    rest = intercept**2 - t2 * (noise + cov[0, 0])
    root = sqrt(max(0.0, half**2 - square * rest))
    ends = sorted(((-half - root) / square, (-half + root) / square), reverse=bool(slope < 0))
    return float(ends[1]), float(ends[0])
