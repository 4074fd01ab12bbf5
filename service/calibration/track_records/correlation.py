"""Correlation of human and LLM effects over studies: as measured, without attenuation by errors, and about zero.

Formula: raw is Pearson's of the estimates. Corrected: (true human, true LLM) bivariate normal with flat means; with LLM
effects first (variance g, llm_effects.py) and human given LLM second (slope b, variance s2 from the likelihood in which
only the constant is integrated), rho = b sqrt(g)/sqrt(b^2 g + s2). Without LLM errors this is the REML of an
unstructured 2 x 2 covariance with known sampling covariances. A constant shift of either effect changes none of them;
turning a contrast round (treatment for control: both effects change sign) does. Orientation-free: over both
orientations of every contrast the means are zero, sum(h l)/sqrt(sum h^2 sum l^2); corrected, with sampling variances
subtracted from the sums of squares, at most 1 in size.

**Shapes** n effects; scalars.
**Units** none.
**Assumes** corrected: normal true effects of exchangeable studies, known sampling covariances.
**Breaks** few studies: a corrected correlation of 1 means that tau2 was estimated as 0.
**Raises** nothing; None with fewer than three effects, without variation, or with more error than variation.
**Source** Hewitt, Ashokkumar, Ghezae & Willer: their correlation adjusted for sampling error is this REML.
**Differs** from theirs with LLM errors, which they take as zero: g is then estimated from the LLM effects alone.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from service.calibration.moments import FloatArray
from service.calibration.track_records.answer import Correlation
from service.calibration.track_records.line import sloped
from service.calibration.track_records.llm_effects import ROUNDING, LlmEffects
from service.calibration.track_records.record import Effects, TrackRecord
from service.calibration.track_records.sampling import Sampling

FEWEST = 3


def correlation(record: TrackRecord, errors: Sampling, llm: LlmEffects | None) -> Correlation:
    """All four."""
    human, other = record.human, record.llm
    return Correlation(
        _raw(human.estimate, other.estimate),
        None if llm is None or len(record.names) < FEWEST else _corrected(record, errors, llm),
        about_zero(human.estimate, other.estimate),
        _about_zero_corrected(human, other),
    )


def about_zero(one: FloatArray, other: FloatArray) -> float | None:
    """The correlation over both orientations of every contrast."""
    return _ratio(float(one @ other), float(one @ one), float(other @ other)) if len(one) >= FEWEST else None


def _raw(one: FloatArray, other: FloatArray) -> float | None:
    if len(one) < FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return about_zero(one - one.mean(), other - other.mean())


def _corrected(record: TrackRecord, errors: Sampling, llm: LlmEffects) -> float | None:
    if llm.alike:
        return None
    fit = sloped(record, errors, llm, integrated=1)
    explained = float(fit.coefficients[1]) * sqrt(llm.variance)
    spread = sqrt(explained**2 + fit.reml.tau2)
    return explained / spread if spread > ROUNDING * np.abs(record.human.estimate).max() else None


def _about_zero_corrected(human: Effects, llm: Effects) -> float | None:
    def square(effects: Effects) -> float:
        return float(effects.estimate @ effects.estimate - effects.standard_error @ effects.standard_error)

    if len(human.estimate) < FEWEST:
        return None
    return _ratio(float(human.estimate @ llm.estimate), square(human), square(llm))


def _ratio(product: float, one: float, other: float) -> float | None:
    """A correlation from a product and squares, within [-1, 1]."""
    if min(one, other) <= 0:
        return None
    return max(-1.0, min(1.0, product / (sqrt(one) * sqrt(other))))
