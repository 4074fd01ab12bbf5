"""The registered pairs, the kinds of study they are tried on, and the numbers that are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from service.calibration.inference import Result
from service.calibration.plan import NamedContrast, Plan
from service.calibration.sample import Sample
from tests.calibration.studies import Study, categorised, simulate

NEEDS_TERMS = {"amce", "correlation", "conditional_logit", "multinomial"}  # defined for data with terms only
PAIRS = [
    pytest.param(estimator.name, estimand.name, id=f"{estimator.name}-{estimand.name}")
    for estimator in ESTIMATORS
    for estimand in ESTIMANDS
    if estimand.name not in NEEDS_TERMS
]
NUMERIC = [pair for pair in PAIRS if pair.values[1] != "proportions"]  # laws of the outcome's own scale
SAMPLED = {e.name for e in ESTIMATORS if e.by_probability}
# name: arguments of simulate, whether LLM-only units of twins are used
KINDS = {
    "one population": ({"n": (12,), "m": 30}, None),
    "one skewed population, three models": ({"n": (25,), "m": 15, "models": 3, "outcome": "skewed"}, None),
    "tiny independent arms": ({"n": (5, 6), "m": (9, 8)}, None),
    "binary, independent, two models": ({"n": (24, 30), "m": (40, 50), "models": 2, "outcome": "binary"}, None),
    "Likert twins": ({"n": (20, 25), "design": "shared", "outcome": "likert"}, None),
    "skewed twins with personas": (
        {"n": (30, 20), "m": 60, "design": "shared", "models": 2, "outcome": "skewed"},
        "exchangeability",
    ),
    "three arms of twins, two models, two covariates": (
        {"n": (18, 20, 22), "m": 25, "design": "shared", "models": 2, "covariates": 2},
        "exchangeability",
    ),
    "three independent Likert arms, a covariate": (
        {"n": (14, 12, 16), "m": (20, 30, 10), "covariates": 1, "outcome": "likert"},
        None,
    ),
    "a useless LLM": ({"n": (15, 15), "m": (60, 60), "quality": 0.0}, None),
    "no LLM-only unit": ({"n": (12, 15)}, None),
}
# the same for shares of three categories, where an arm must be large enough to hold them all
SHARES = {
    "shares of one population": ({"n": (20,), "m": 30}, None),
    "shares in independent arms, two models": ({"n": (36, 40), "m": (40, 50), "models": 2}, None),
    "shares of twins": ({"n": (24, 30), "design": "shared", "outcome": "skewed"}, None),
    "shares of twins with personas, a covariate": (
        {"n": (30, 28), "m": 60, "design": "shared", "covariates": 1},
        "exchangeability",
    ),
}
SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=10)  # for every pair: with 12 pairs some 120 studies per law


def kinds(estimand: str, *, without: str = "\0") -> st.SearchStrategy[str]:
    """The kinds of study an estimand is defined for."""
    if estimand == "proportions":
        return st.sampled_from([k for k in SHARES if without not in k])
    arms = {"mean": 1}.get(estimand, 2)
    return st.sampled_from([k for k, (of, _) in KINDS.items() if len(of["n"]) >= arms and without not in k])


def study(kind: str, seed: int) -> Study:
    if kind in SHARES:
        return categorised(simulate(seed, **SHARES[kind][0]))
    return simulate(seed, **KINDS[kind][0])


def plan(kind: str, estimator: str, estimand: str, **more) -> Plan:
    identification = None if estimator in SAMPLED else (KINDS | SHARES)[kind][1]
    return Plan(estimator=estimator, estimand=estimand, identification=identification, **more)


def answer(of: Study, asked: Plan) -> Answer:
    samples = of.samples()
    return calibrate([sampled(s) for s in samples] if asked.estimator in SAMPLED else samples, asked)


def sampled(sample: Sample) -> Sample:
    """The sample with the same known sampling probability for every human."""
    return replace(sample, human=tuple(replace(u, sampling_probability=np.full(u.n, 0.5)) for u in sample.human))


def numbers(result: Result) -> list[float]:
    """Every number of a result; an open end stands as 0."""
    ends = [result.interval.lower or 0.0, result.interval.upper or 0.0]
    return [result.estimate, result.standard_error, result.df or 0.0, result.p_value or 0.0, *ends]


def results(found: Answer) -> list[list[float]]:
    """Every result of an answer: calibrated, human-only, arm means."""
    blocks = [numbers(r) for e in found.estimates for r in (e.result, e.human_only)]
    return blocks + [numbers(a.mean) for a in found.arms]


def same(found: Answer, expected: Answer, rel: float) -> None:
    """Both answers have the same results, and drew the same conclusions."""
    for ours, theirs in zip(results(found), results(expected), strict=True):
        assert ours == pytest.approx(theirs, rel=rel, abs=rel)
    assert [e.verdict for e in found.estimates] == [e.verdict for e in expected.estimates]
    assert found.claim == expected.claim


def negated(asked: Plan, arms: tuple[str, ...]) -> tuple[Plan, Plan]:
    """A plan with all contrasts against the first arm, and the plan with each of them the other way round."""
    pairs = [(arm, arms[0]) for arm in arms[1:]]
    forward = tuple(NamedContrast(f"{a} - {b}", {a: 1.0, b: -1.0}) for a, b in pairs)
    backward = tuple(NamedContrast(f"{b} - {a}", {a: -1.0, b: 1.0}) for a, b in pairs)
    return replace(asked, contrasts=forward), replace(asked, contrasts=backward)
