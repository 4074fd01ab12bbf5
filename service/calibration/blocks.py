"""The parts of an answer: what stands beside the calibrated number, each computed once from a frame.

Formula: PPI correlation of a contrast rho^2 = sum t_d^2 s_yd^2 R_d^2/n_d / sum t_d^2 s_yd^2/n_d (signed for one column
and one arm); effective sample size = n_used Var_human_only / Var_calibrated;
variance ratio = Var_calibrated / Var_human_only;
dispersion ratio = sd(f) / sd(y) over an arm's humans.
Shapes: contrast t (D,). Units: none (ratios, counts).
Source: Broska, Howes & van Loon (2025), Sociological Methods & Research 54(3).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from service.calibration.answer import ArmBlock, Effect, ModelBlock, PredictionBlock, Verdict
from service.calibration.estimate import Estimate, Frame
from service.calibration.inference import Result, level
from service.calibration.least_squares import ArmFit
from service.calibration.moments import FloatArray, Moments, merge
from service.calibration.sample import Column, Sample


def arm_verdict(frame: Frame, estimate: Estimate, arm: int, estimator: str) -> Verdict:
    """How the LLM entered an arm's estimate."""
    if estimator == "human_only":
        return "human_only_requested"
    if not frame.has_pool[arm]:
        return "no_pool"
    used = [c.kind for c, slope in zip(frame.sample.columns, estimate.tuning[arm].tolist(), strict=True) if slope]
    if used:
        return "llm_used" if any(kind != "covariate" for kind in used) else "no_llm"
    fit = frame.whole[arm]
    if fit is not None and not any(frame.sample.columns[j].kind == "prediction" for j in fit.kept):
        return "no_llm"
    return "human_only_chosen"


def ppi_correlation(human: Sequence[Moments], fits: Sequence[ArmFit | None], contrast: FloatArray) -> float | None:
    """Square root of the share of a contrast's variance that an infinite pool would remove; None without a fit."""
    top = bottom = 0.0
    used = [d for d in range(len(contrast)) if contrast[d]]
    for d in used:
        fit = fits[d]
        if fit is None:
            return None
        share = contrast[d] ** 2 * human[d].scatter[0, 0] / ((human[d].n - 1) * human[d].size)
        top, bottom = top + share * max(0.0, fit.r_squared), bottom + share
    if bottom == 0.0:
        return None
    size = sqrt(min(1.0, top / bottom))
    first = fits[used[0]]
    signed = len(used) == 1 and first is not None and first.rank == 1 and first.slope[first.kept[0]] < 0.0
    return -size if signed else size


def llm_only(frame: Frame, contrast: FloatArray, directions: FloatArray) -> Effect | None:
    """The LLM-only estimate of a contrast along ``directions`` (D, p); None where an arm has no prediction."""
    used = [d for d in range(len(contrast)) if contrast[d]]
    if not used or not all(np.count_nonzero(directions[d]) for d in used):
        return None
    value, variance, testable = level(contrast) * frame.sample.direction_level, 0.0, True
    pools = [[d for d in used if frame.sample.pool_of(d) == k] for k in sorted({frame.sample.pool_of(d) for d in used})]
    for arms in pools:
        source = _llm_answers(frame, arms[0])
        weights = contrast[arms] @ directions[arms]
        mean, estimated = source.mean, weights
        if frame.any_known:
            known = np.isfinite(frame.known)
            mean, estimated = np.where(known, frame.known, mean), np.where(known, 0.0, weights)
        value += float(weights @ mean)
        testable = testable and source.n > 1
        variance += float(estimated @ source.scatter @ estimated) / (source.size * max(1, source.n - 1))
    value += float(contrast @ directions @ [c.origin for c in frame.sample.columns])
    return Effect(value, sqrt(max(0.0, variance)) if testable else None)


def _llm_answers(frame: Frame, arm: int) -> Moments:
    """The LLM-only units of an arm's pool or, where there are none, the paired LLM answers."""
    only = frame.llm_only[frame.sample.pool_of(arm)]
    if only is not None:
        return only
    everyone = frame.sample.arms_of(frame.sample.pool_of(arm))
    return merge([frame.human[d].without_first() for d in everyone])


def model_block(
    frame: Frame, contrast: FloatArray, model: str, alone: Effect | None, ratio_without: float | None
) -> ModelBlock:
    """One model's LLM-only estimate, PPI correlation and the variance ratio without it."""
    columns = frame.sample.columns
    own = tuple(j for j in frame.screened.usable if columns[j].model == model)
    whole = own == frame.screened.usable
    fits = frame.whole if whole else frame.fits_on(own)
    draws = [c.icc for c in columns if c.kind == "prediction" and c.model == model and c.icc is not None]
    return ModelBlock(
        name=model,
        llm_only=alone,
        ppi_correlation=ppi_correlation(frame.human, fits, contrast),
        variance_ratio_without=ratio_without,
        icc=float(np.mean(draws)) if draws else None,
    )


def arm_block(frame: Frame, estimate: Estimate, unit: FloatArray, verdict: Verdict, mean: Result) -> ArmBlock:
    """One arm's sizes, fit and prediction columns; ``unit`` is 1 on it, or its strata's shares on its cells."""
    cells = np.flatnonzero(unit).tolist()
    sample, fit, arm = frame.sample, frame.whole[cells[0]], _position(frame.sample, cells[0])
    dropped = {x.column for x in frame.screened.dropped if x.arm in (None, *cells)}
    squares = np.add.reduce([frame.human[d].scatter.diagonal() for d in cells]).tolist()
    tunings = unit @ estimate.tuning
    predictions = tuple(
        PredictionBlock(
            model=column.model or "",
            arm=column.arm,
            tuning=float(tunings[j]),
            category=column.category,
            dispersion_ratio=sqrt(squares[j + 1] / squares[0]) if squares[0] > 0.0 else None,
            n_missing=_n_missing(column, arm, 0 if sample.shared else arm),
            dropped=j in dropped,
        )
        for j, column in enumerate(sample.columns)
        if column.kind == "prediction"
    )
    has_fit = fit is not None and bool(predictions)
    return ArmBlock(
        name=sample.arms[cells[0]],
        outcome=sample.outcome,
        component=sample.component,
        n_human=sum(frame.human[d].n for d in cells),
        n_llm_only=_n_llm_only(frame, cells),
        r_squared=fit.r_squared if fit is not None and has_fit else None,
        adjusted_r_squared=fit.adjusted_r_squared if fit is not None and has_fit else None,
        verdict=verdict,
        mean=mean,
        predictions=predictions,
    )


def _position(sample: Sample, cell: int) -> int:
    """The number of a cell's arm among the arms."""
    return cell // (1 + max(sample.stratum_of)) if sample.stratum_of else cell


def _n_llm_only(frame: Frame, cells: Sequence[int]) -> int:
    pools = {frame.sample.pool_of(d) for d in cells}
    return sum(only.n for k in pools if (only := frame.llm_only[k]) is not None)


def _n_missing(column: Column, arm: int, pool: int) -> int:
    return column.n_missing_human[arm] + column.n_missing_llm_only[pool]
