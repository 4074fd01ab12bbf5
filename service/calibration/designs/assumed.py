"""A design basis from stated quantities: outcome sd, PPI correlations, correlations of models and of conditions.

Under ``shared`` a model is asked under every condition, and conditions correlate like a Kronecker product::

    corr(y_d, f_jd) = rho_jd              corr(f_jd, f_ld) = R_jl
    corr(y_d, f_je) = a rho_jd            corr(f_jd, f_le) = a R_jl       (e another condition, a the arm correlation)

so an LLM's answer under the other condition says nothing more about y_d than its answer under the own one.

**Shapes** D arms, K models: outcome sd (D,), PPI correlations (D, K), model correlations (K, K) or (D, K, K).
**Units** columns on unit scale (only correlations matter), outcomes in their own.
**Assumes** the Kronecker form; a pilot knows the cross-condition correlations, a statement does not.
**Breaks** optimistic correlations promise savings that the study will not see; person-level ones are .05 to .45.
**Raises** InvalidPlan: bad_correlation, bad_sd, length_mismatch, missing_arm_correlation, bad_prediction_design,
impossible_correlations, bad_contrast.
**Source** Broska, Howes & van Loon (2025) for the PPI correlation; the Kronecker form is ours.
**Differs** correlations that contradict each other are refused, not repaired; exactly singular ones are floored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.designs.joint import (
    Basis,
    Column,
    Identification,
    Joint,
    Matrix,
    PredictionDesign,
    basis_of,
    columns_shown,
)
from service.calibration.errors import InvalidPlan, Problem

ROUNDING = 1e-8
"""Correlations are typed with few digits: an eigenvalue this much below zero is still taken as zero."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """Stated quantities; ``arms`` empty is one population.

    outcome_sd (D,), ppi_correlation (D, K), model_correlation (K, K) for all arms or (D, K, K) by arm; ``contrasts``
    (C, D), None for every arm against the first.
    """

    models: tuple[str, ...]
    outcome_sd: Matrix
    ppi_correlation: Matrix
    model_correlation: Matrix
    arms: tuple[str, ...] = ()
    prediction_design: PredictionDesign = "single"
    arm_correlation: float | None = None
    identification: Identification = "exchangeability"
    contrasts: Matrix | None = None


def assumed_basis(assumed: Assumed) -> Basis:
    """The joint covariance that the stated quantities describe."""
    D, K = max(1, len(assumed.arms)), len(assumed.models)
    _refuse_bad(assumed, D, K)
    within = np.broadcast_to(assumed.model_correlation, (D, K, K))
    arm_of = (None,) if assumed.prediction_design == "single" else tuple(range(D))
    columns = tuple(Column(model, arm) for model in range(K) for arm in arm_of)
    covariance = np.eye(D + len(columns))
    for i, one in enumerate(columns):
        d = one.arm or 0
        for j, other in enumerate(columns):
            linked = _link(assumed, one.arm, other.arm)
            e = other.arm or 0
            covariance[D + i, D + j] = linked * (within[d] + within[e])[one.model, other.model] / 2
        for e in range(D):
            linked = 1.0 if one.arm is None else _link(assumed, e, one.arm)
            covariance[e, D + i] = covariance[D + i, e] = linked * assumed.ppi_correlation[e][one.model]
    scale = np.concatenate([assumed.outcome_sd, np.ones(len(columns))])
    _refuse_impossible(covariance, columns, D, assumed.prediction_design)
    joint = Joint(
        assumed.arms,
        assumed.models,
        columns,
        covariance * np.outer(scale, scale),
        assumed.prediction_design,
        assumed.identification,
    )
    return basis_of(joint, assumed.contrasts)


def _link(assumed: Assumed, arm: int | None, other: int | None) -> float:
    """Factor between two conditions: one for the same, the arm correlation for twins, zero for independent arms."""
    if arm == other:
        return 1.0
    return 0.0 if assumed.arm_correlation is None else assumed.arm_correlation


def _refuse_impossible(correlation: Matrix, columns: tuple[Column, ...], D: int, design: PredictionDesign) -> None:
    """No unit's block (y_d, c) may have a negative eigenvalue."""
    for d in range(D):
        shown = [D + j for j in columns_shown(columns, design, d)]
        block = correlation[np.ix_([d, *shown], [d, *shown])]
        if float(np.linalg.eigvalsh(block).min()) < -ROUNDING:
            raise InvalidPlan.at(
                "/basis/model_correlation",
                "impossible_correlations",
                "no data can have these correlations together: their matrix has a negative eigenvalue",
                "models that both follow the humans closely must correlate with each other",
            )


def _refuse_bad(assumed: Assumed, D: int, K: int) -> None:
    problems = []
    shapes = (
        ("outcome_sd", np.shape(assumed.outcome_sd), [(D,)]),
        ("ppi_correlation", np.shape(assumed.ppi_correlation), [(D, K)]),
        ("model_correlation", np.shape(assumed.model_correlation), [(K, K), (D, K, K)]),
    )
    problems += [
        Problem(
            f"/basis/{name}",
            "length_mismatch",
            f"shape {shape}, needed {needed[0]}",
            "give one entry per arm and model",
        )
        for name, shape, needed in shapes
        if shape not in needed
    ]
    correlations = [("ppi_correlation", assumed.ppi_correlation), ("model_correlation", assumed.model_correlation)]
    if assumed.arm_correlation is not None:
        correlations.append(("arm_correlation", np.array(assumed.arm_correlation)))
    problems += [
        Problem(f"/basis/{name}", "bad_correlation", "a correlation lies outside [-1, 1]", "give numbers from -1 to 1")
        for name, values in correlations
        if not np.all(np.abs(values) <= 1)
    ]
    if not (np.all(np.isfinite(assumed.outcome_sd)) and np.all(np.asarray(assumed.outcome_sd) > 0)):
        problems.append(Problem("/basis/outcome_sd", "bad_sd", "a standard deviation is not above zero", "give the sd"))
    if assumed.prediction_design == "shared" and assumed.arm_correlation is None:
        detail = "twins answer under all conditions, so the correlation between conditions matters"
        problems.append(Problem("/basis/arm_correlation", "missing_arm_correlation", detail, "give arm_correlation"))
    if (assumed.prediction_design == "single") != (D == 1 and not assumed.arms):
        detail = "one population has no arms; arms need independent or shared predictions"
        problems.append(Problem("/basis/prediction_design", "bad_prediction_design", detail, "give both or neither"))
    if problems:
        raise InvalidPlan(problems)
