"""Coefficients as published: under ``compat`` the numbers of an analysis are those that ppi-python gives.

Formula: ``published.coefficients``; interval and p-value are centre -+ normal quantile x error, the estimate is the
published point.
Shapes: one analysis per coefficient. Units: the coefficient's.
Raises: ``unsupported_combination`` where there is no published form, ``too_few_llm_only``.
Source: Angelopoulos, Duchi & Zrnic 2311.01453; ppi-python 0.2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.calibration.answer import EstimateBlock
from service.calibration.effects import NO_VARIANCE, Analysis, effective, finite
from service.calibration.errors import NotIdentified, UnsupportedCombination, Warned
from service.calibration.inference import Settings, result
from service.calibration.model_rows import everyone, slots
from service.calibration.plan import EstimandName, Identification, Model, Plan
from service.calibration.published.coefficients import Coefficients, power_tuned, ppi
from service.calibration.published.rows import Family, Rows
from service.calibration.sample import Sample, Units

FAMILIES: dict[EstimandName, Family] = {"linear": "linear", "logistic": "logistic", "poisson": "poisson"}
FORMS = ("ppi", "power_tuned")


def asked(plan: Plan) -> bool:
    """Whether a plan asks for a published form."""
    return plan.compat and plan.estimator in FORMS


def republished(
    sample: Sample, plan: Plan, identification: Identification, analyses: Sequence[Analysis]
) -> list[Analysis]:
    """The analyses of all coefficients of an outcome with the published numbers in place of ours."""
    found = _coefficients(sample, plan, identification)
    return [_replaced(analysis, found, j) for j, analysis in enumerate(analyses)]


def _coefficients(sample: Sample, plan: Plan, identification: Identification) -> Coefficients:
    family = None if plan.estimand is None else FAMILIES.get(plan.estimand)
    if family is None or sample.shared or len(slots(sample)) != 1:
        raise UnsupportedCombination.at(
            "/plan/compat",
            "unsupported_combination",
            "there is no published form for this estimand, design or number of columns",
            "supported: linear, logistic and poisson with one LLM, no further columns, independent predictions",
        )
    model = plan.model or Model()
    rows_of = everyone(sample, model, identification)
    human, pool = rows_of.human, rows_of.pool
    if pool.size < 2:
        raise NotIdentified.at(
            sample.pointers[0],
            "too_few_llm_only",
            "this estimator takes its reference from the LLM-only units, and there are fewer than 2",
            "send at least 2 LLM-only units, or use estimator regression or auto",
        )
    only = pool.parts[0]
    y = np.concatenate([u.y for u in sample.human if isinstance(u, Units) and u.y is not None]) + sample.origin
    rows = Rows(human.design.x, y, human.c[0], only.design.x, only.c[0])
    return (
        ppi(family, rows) if plan.estimator == "ppi" else power_tuned(family, rows, per_coefficient=not _common(plan))
    )


def _common(plan: Plan) -> bool:
    """Whether one lambda serves all coefficients, as ppi-python does where no coordinate is named."""
    return plan.tuning == "one"


def _replaced(analysis: Analysis, found: Coefficients, j: int) -> Analysis:
    block, settings = analysis.estimates[0], analysis.resolved.settings
    new = _block(block, found, j, settings)
    arms = tuple(
        replace(
            arm,
            mean=replace(new.result, p_value=None),
            predictions=tuple(replace(p, tuning=float(found.tuning[j])) for p in arm.predictions),
        )
        for arm in analysis.arms
    )
    text = "published form: normal quantile, ddof 0, lambda in [0, 1]; intervals are too short in small samples"
    warned = Warned("compat_mode", text, "/plan/compat")
    return replace(analysis, estimates=(new,), arms=arms, warnings=(*analysis.warnings, warned))


def _block(block: EstimateBlock, found: Coefficients, j: int, settings: Settings) -> EstimateBlock:
    centred = result(float(found.centre[j]), float(found.standard_error[j]) ** 2, None, settings)
    published = finite(replace(centred, estimate=float(found.estimate[j])))
    human = block.human_only.standard_error
    ratio = (published.standard_error / human) ** 2 if human > NO_VARIANCE else None
    size = effective(block.human_sample_size, ratio, block.verdict)
    return replace(block, result=published, variance_ratio=ratio, effective_sample_size=size)
