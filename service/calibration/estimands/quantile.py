"""Quantile: the value that a share q of an arm stays at or below, and quantile treatment effects between arms.

Formula: theta_d(q) = min{t : F_d(t) >= q} with F_d the calibrated distribution function of arm d (see ``quantiles``);
an effect is sum_d t_d theta_d(q). It compares the arms' distributions, not persons: it is no quantile of effects.
Shapes: one estimate per contrast (or arm) and q. Units: outcome units.
Assumes: as the mean of each indicator 1{y <= t}. Breaks: q beyond what n humans can show (``unbounded_interval``).
Raises: ``missing_quantile``, ``bad_quantile``, ``duplicate_quantile``, and what ``contrast`` raises.
Source: Woodruff (1952), JASA 47:635-646 (inversion); Doksum (1974), Annals of Statistics 2:267-277 (effects);
Angelopoulos et al. 2301.09633 for the calibrated distribution function.
Differs: every indicator is regressed, not subtracted; ties are data like any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calibration.card import Card
from service.calibration.contrast import Contrast, differences, each_arm
from service.calibration.errors import InvalidPlan, Problem
from service.calibration.plan import Plan

POINTER = "/plan/estimand/q"

CARD = Card(
    name="quantile",
    title="Quantile (median and others) and quantile treatment effects",
    formula="smallest t at which the calibrated distribution function reaches q; at every human answer t, 1{y <= t} is "
    "regressed on 1{f <= t}; interval by inverting the test of F(t) = q; differences of arms by MOVER",
    assumptions=(
        "humans are a random sample of the population; arms are randomly assigned",
        "LLM predictions are on the outcome's scale (a prediction on another scale costs precision, not validity)",
    ),
    limits=(
        "an end of the interval is open where there are too few humans beyond the quantile",
        "on a scale with few answers the quantile is one of them, and so are the ends of its interval",
        "an effect is the difference of two quantiles, not the quantile of persons' effects",
    ),
    sources=("Woodruff (1952), JASA 47:635-646", "arXiv 2301.09633", "Zou & Donner (2008), SiM 27:1693-1702"),
)


def contrasts(arms: Sequence[str], plan: Plan) -> tuple[Contrast, ...]:
    """Differences of two or more arms, else the arm itself."""
    problems = _problems(plan.quantiles)
    if problems:
        raise InvalidPlan(problems)
    compared = plan.contrasts is not None or len(arms) > 1
    return differences(arms, plan.contrasts) if compared else each_arm(arms)


def _problems(quantiles: Sequence[float]) -> list[Problem]:
    if not quantiles:
        return [Problem(POINTER, "missing_quantile", "no quantile is named", "give q, for example 0.5 or [0.25, 0.5]")]
    found = [
        Problem(_place(i, quantiles), "bad_quantile", "a quantile must be above 0 and below 1", "0.5 is the median")
        for i, q in enumerate(quantiles)
        if not 0.0 < q < 1.0
    ]
    return found + [
        Problem(_place(i, quantiles), "duplicate_quantile", "this quantile was named before", "name each once")
        for i, q in enumerate(quantiles)
        if q in quantiles[:i]
    ]


def _place(index: int, quantiles: Sequence[float]) -> str:
    return POINTER if len(quantiles) == 1 else f"{POINTER}/{index}"
