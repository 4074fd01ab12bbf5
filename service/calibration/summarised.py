"""Analyses fitted elsewhere: the answer from coefficients and covariances (layout ``summary``), without rows or arms.

Formula: see ``psps``. Exchangeability is tested by T^2 = g' D^{-1} g, g = gamma_S - gamma_H, on (p, n - p) degrees of
freedom. The human-only interval is t on n - 1.
Shapes: one estimate per component, all named ``all``. Units: those of the coefficients.
Raises: ``unsupported_combination`` with what is supported, and what ``inference.check`` raises.
Source: see ``psps``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import fdtrc

from service.calibration import assumptions, inference
from service.calibration.answer import (
    Alternative,
    Answer,
    Applied,
    Assumption,
    Claim,
    Effect,
    EstimateBlock,
    ModelBlock,
    Verdict,
)
from service.calibration.assumptions import ReferenceTest
from service.calibration.diagnostics.exchangeability import TEST_LEVEL
from service.calibration.effects import doubts, effective, finite
from service.calibration.errors import CalibrationError, Problem, UnsupportedCombination, Warned
from service.calibration.inference import Result, Settings, result
from service.calibration.layouts.draft import few_humans
from service.calibration.multiplicity import adjusted, max_t
from service.calibration.plan import EstimatorName, Plan
from service.calibration.psps import Rectified, Summary, correlation, inverse, rectified

MODEL = "llm"
FEW = 200  # humans below which robust covariances are too noisy for the nominal level
NAME = "all"
OUTCOME = "y"
ESTIMATORS: tuple[EstimatorName, ...] = ("auto", "regression", "human_only")
INTERVALS = ("auto", "t", "normal")
REASONS = {False: "each component by the LLM's own", True: "each component by all of the LLM's"}
LISTED = (
    ("random_sampling", "humans are a random sample of the population the estimate is for"),
    ("summary_statistics", "covariances belong to the coefficients and were estimated on the same humans"),
    ("no_leakage", "LLM answers were made without these humans' answers"),
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A summary analysed under a plan: its slopes, which components use them (k,), the test, how results are formed."""

    summary: Summary
    plan: Plan
    by: Rectified
    used: tuple[bool, ...]
    tested: ReferenceTest | None
    settings: Settings

    def result(self, j: int, *, used: bool) -> Result:
        """Component j, calibrated or human-only."""
        summary = self.summary
        value = self.by.estimate[j] if used else summary.theta[j]
        variance = self.by.variance[j] if used else summary.c11[j, j]
        df = float(self.by.df[j]) if used else summary.n_human - 1.0
        t = self.settings.method == "t"
        return finite(result(float(value), float(variance), df if t else None, self.settings))


def calibrate_summary(summary: Summary, plan: Plan) -> Answer:
    """Calibrated components of a fit made elsewhere, under a plan."""
    _check(plan)
    with np.errstate(all="ignore"):
        found = _found(summary, plan)
        blocks = _together(found, [_block(found, j) for j in range(len(summary.components))])
    weakest: Claim = "exploratory" if any(b.claim == "exploratory" for b in blocks) else "confirmatory"
    return Answer(
        claim=weakest,
        verdict=blocks[0].verdict,
        estimates=tuple(blocks),
        arms=(),
        applied=_applied(found),
        assumptions=tuple(_assumed(found)),
        warnings=tuple(_warnings(found, blocks)),
    )


def _found(summary: Summary, plan: Plan) -> _Found:
    by = rectified(summary)
    asked = plan.estimator != "human_only"
    chosen = by.helps if plan.estimator == "auto" else by.rank > 0.0
    used = tuple(bool(on) and asked for on in chosen.tolist())
    return _Found(summary, plan, by, used, _tested(summary) if asked else None, _settings(plan))


def _settings(plan: Plan) -> Settings:
    return Settings(
        level=plan.confidence_level,
        alternative=plan.alternative,
        null_value=plan.null_value,
        method="normal" if plan.interval == "normal" else "t",
        margin=plan.margin,
        bounds=plan.bounds,
    )


def _tested(summary: Summary) -> ReferenceTest:
    """Whether the LLM's coefficients are the same on LLM-only units as on the humans."""
    whole, p = inverse(summary.gap_covariance, np.arange(summary.gamma_human.shape[0]))
    gap, spare = summary.gamma_llm_only - summary.gamma_human, summary.n_human - p
    square = float(gap @ whole @ gap)
    value = float(fdtrc(p, spare, square * spare / (p * (summary.n_human - 1.0)))) if p and spare > 0 else None
    return assumptions.tested((value,), "exchangeability")


def _block(found: _Found, j: int) -> EstimateBlock:
    summary, by, used = found.summary, found.by, found.used[j]
    calibrated, human = found.result(j, used=used), found.result(j, used=False)
    ratio = float(by.variance[j] / summary.c11[j, j]) if used else 1.0
    unused: Verdict = "human_only_requested" if found.plan.estimator == "human_only" else "human_only_chosen"
    verdict: Verdict = "llm_used" if used else unused if by.rank[j] else "no_pool"
    alone = _alone(summary, j)
    r = float(by.r[j])
    return EstimateBlock(
        name=NAME,
        outcome=OUTCOME,
        component=summary.components[j],
        claim=assumptions.claim(found.tested, {0} if used else set()),
        verdict=verdict,
        result=calibrated,
        human_only=human,
        llm_only=alone,
        models=(ModelBlock(MODEL, alone, r, 1.0, None),),
        variance_ratio=ratio,
        human_sample_size=summary.n_human,
        effective_sample_size=effective(summary.n_human, ratio, verdict),
        ppi_correlation=r,
        alternatives=tuple(_alternatives(found, j)) if found.plan.compare else (),
    )


def _alone(summary: Summary, j: int) -> Effect | None:
    """The LLM's own coefficient, where it has one for the component."""
    if not summary.paired:
        return None
    return Effect(float(summary.gamma_llm_only[j]), float(max(0.0, summary.c33[j, j]) ** 0.5))


def _alternatives(found: _Found, j: int) -> Iterator[Alternative]:
    choices = {"auto": bool(found.by.helps[j]), "regression": bool(found.by.rank[j]), "human_only": False}
    for name, used in choices.items():
        if name != found.plan.estimator:
            ratio = float(found.by.variance[j] / found.summary.c11[j, j]) if used else 1.0
            size = effective(found.summary.n_human, ratio, "llm_used")
            yield Alternative(name, found.result(j, used=used), ratio, size)


def _together(found: _Found, blocks: list[EstimateBlock]) -> list[EstimateBlock]:
    """All components as one family."""
    plan = found.plan
    if plan.multiplicity == "none":
        return blocks
    if plan.multiplicity != "max_t":
        values = adjusted([b.result.p_value for b in blocks], plan.multiplicity)
        return [replace(b, p_value_adjusted=value) for b, value in zip(blocks, values, strict=True)]
    slope = found.by.slope * np.array(found.used)[:, None]
    joint = correlation(found.summary, slope)
    two_sided = plan.alternative == "two_sided"
    rate = max_t(joint, two_sided=two_sided, level=plan.confidence_level, seed=plan.seed)
    return [_widened(found, b, rate.error_rate, rate.adjusted(b.result.p_value or 0.0)) for b in blocks]


def _widened(found: _Found, block: EstimateBlock, error_rate: float, p_value: float) -> EstimateBlock:
    told, t = block.result, found.settings.method == "t"
    df = told.df if t else None
    wide = result(told.estimate, told.standard_error**2, df, found.settings, error_rate)
    return replace(block, result=wide, p_value_adjusted=p_value)


def _applied(found: _Found) -> Applied:
    summary, plan = found.summary, found.plan
    name: str = plan.estimator
    if name == "auto":
        name = "regression" if any(found.used) else "human_only"
    return Applied(
        estimand="summary",
        categories=None,
        estimator=name,
        interval=found.settings.method,
        identification="exchangeability",
        prediction_design="independent",
        control=None,
        contrasts={},
        confidence_level=plan.confidence_level,
        alternative=plan.alternative,
        null_value=plan.null_value,
        margin=plan.margin if plan.alternative in ("equivalence", "non_inferiority") else None,
        bounds=plan.bounds,
        multiplicity=plan.multiplicity,
        tuning=None,
        replicates=None,
        inference_population=plan.inference_population,
        compat=False,
        exchangeability_level=TEST_LEVEL,
        seed=plan.seed,
        reason=f"{REASONS[summary.cross]}; the LLM is used for {sum(found.used)} of {len(found.used)} components",
    )


def _assumed(found: _Found) -> list[Assumption]:
    listed = LISTED if found.plan.estimator != "human_only" else LISTED[:2]
    tested = [] if found.tested is None else [found.tested.assumption]
    return [*(Assumption(name, "assumed", None, text) for name, text in listed), *tested]


def _warnings(found: _Found, blocks: Sequence[EstimateBlock]) -> Iterator[Warned]:
    yield from few_humans((NAME,), (found.summary.n_human,), ("/data/n_human",))
    if found.summary.n_human < FEW:
        text = "with robust (sandwich) covariances of so few humans intervals of slopes are somewhat too short"
        yield Warned("small_summary", text, "/data/n_human")
    yield from assumptions.reference_doubts(found.tested)
    yield from doubts(blocks)
    if found.plan.compat:
        text = "this estimator has no published form that differs; compat changes nothing"
        yield Warned("compat_ignored", text, "/plan/compat")


def _check(plan: Plan) -> None:
    """Refuses what coefficients without rows cannot answer, everything at once."""
    code = "unsupported_combination"
    problems = [Problem(f"/plan/{name}", code, text, hint) for name, text, hint in _refused(plan)]
    try:
        inference.check(_settings(plan))
    except CalibrationError as refused:
        problems += refused.problems
    if problems:
        raise UnsupportedCombination(problems)


def _refused(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Field, reason and what is supported."""
    if plan.estimand is not None:
        yield "estimand", "the coefficients of layout summary were fitted elsewhere", "supported: leave out estimand"
    if plan.estimator not in ESTIMATORS:
        yield "estimator", f"{plan.estimator} needs more than a summary", f"supported: {', '.join(ESTIMATORS)}"
    if plan.interval not in INTERVALS:
        yield "interval", f"{plan.interval} needs every unit's row", f"supported: {', '.join(INTERVALS)}"
    if plan.identification not in (None, "exchangeability"):
        yield "identification", "LLM-only coefficients are used by exchangeability", "supported: exchangeability"
    if plan.inference_population != "super":
        yield "inference_population", "a summary is of a population", "supported: super"
    if plan.tuning != "per_arm":
        yield "tuning", f"estimator {plan.estimator} has no choice of tuning", "supported: leave it out"
    absent = (
        ("control", plan.control, "a summary has no arms"),
        ("contrasts", plan.contrasts, "a summary has no arms"),
        ("costs", plan.costs, "no design is computed from a summary"),
        ("stratum_shares", plan.stratum_shares, "a summary has no strata"),
        ("partial_pooling", plan.partial_pooling or None, "a summary has no subgroups"),
        ("model_selection", None if plan.model_selection == "all" else "best", "a summary has one model"),
    )
    for name, value, text in absent:
        if value is not None:
            yield name, text, "supported: leave it out"
