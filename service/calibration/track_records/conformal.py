"""Conformal interval over tasks: a new human effect from a new LLM effect and the gaps of past studies.

Formula: [a_j, b_j] = (human_j - LLM_j) -+ z_{1-a2/2} sqrt(SE_h^2 + SE_l^2); k = floor((T + 1) a3/2 + 1e-9) >= 1;
D_L = k-th smallest a_j, D_U = (T + 1 - k)-th smallest b_j; [L + D_L, U + D_U] at level 1 - a1 - a2 - a3, where [L, U]
is the z interval of the new LLM effect at 1 - a1. T >= ceil(2/a3 - 1) studies are needed.
Several contrasts of one study share that study's place: contrast j weighs 1/n_study, and D_L is the largest a_j with at
most (T + 1) a3/2 - 1 of weight before it, D_U the smallest b_j with no more after it. One contrast per study: as above.

**Shapes** n past effects in T studies; interval of one new effect.
**Units** those of the effects.
**Assumes** the new study is exchangeable with the past ones; estimates are normal with known standard errors. Nothing
is assumed of how human and LLM effects are related.
**Breaks** studies chosen because the LLM did well on them; a new study of another kind. The level then does not hold,
and nothing in the numbers shows it.
**Raises** nothing; None with too few studies.
**Source** Tan & Zrnic 2606.13629 for the interval; Lee, Barber & Willett 2306.06342 for weights within groups.
**Differs** from the first by those weights, for records with several contrasts of one study.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from scipy.special import ndtri

from service.calibration.moments import FloatArray
from service.calibration.track_records.answer import Conformal, Interval
from service.calibration.track_records.record import ROUNDING, TrackRecord


def conformal(record: TrackRecord) -> Conformal:
    """The interval, or how many studies it needs."""
    needed, studies = studies_needed(record.error_split[2]), record.n_studies
    interval = _interval(record) if studies >= needed else None
    return Conformal(interval, studies, needed, max(0, needed - studies), record.error_split)


def studies_needed(error: float) -> int:
    """The least number of past studies for an error over tasks a3."""
    return ceil(2.0 / error - 1.0 - ROUNDING)


def gap_limits(record: TrackRecord) -> tuple[FloatArray, FloatArray]:
    """The intervals (n,), (n,) of the gaps between human and LLM effects."""
    gap = record.human.estimate - record.llm.estimate
    margin = _z(record.error_split[1]) * np.hypot(record.human.standard_error, record.llm.standard_error)
    return gap - margin, gap + margin


def _interval(record: TrackRecord) -> Interval:
    codes = record.studies
    weight = 1.0 / np.bincount(codes)[codes]
    spare = (record.n_studies + 1) * record.error_split[2] / 2.0 + ROUNDING - 1.0
    lower, upper = gap_limits(record)
    margin = _z(record.error_split[0]) * record.new.standard_error
    return Interval(
        "conformal",
        record.confidence_level,
        record.new.estimate - margin + _largest(lower, weight, spare),
        record.new.estimate + margin - _largest(-upper, weight, spare),
    )


def _largest(values: FloatArray, weight: FloatArray, spare: float) -> float:
    """The largest value with at most ``spare`` of weight before it."""
    order = np.argsort(values, kind="stable")
    before = np.cumsum(weight[order]) - weight[order]
    return float(values[order[np.searchsorted(before, spare + ROUNDING, side="right") - 1]])


def _z(error: float) -> float:
    """The normal quantile of a two-sided error."""
    return float(-ndtri(error / 2.0))
