"""The registered pairs, the kinds of study they are tried on, and the numbers that are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial, wraps
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from service.calibration.answer import Answer, EstimateBlock
from service.calibration.calibrate import calibrate
from service.calibration.estimands import ESTIMANDS
from service.calibration.estimators import ESTIMATORS
from service.calibration.inference import Result
from service.calibration.plan import Model, NamedContrast, Plan
from service.calibration.sample import Sample
from tests.calibration import choices, conjoints
from tests.calibration.studies import Study, categorised, simulate
from tests.contract import term_studies
from tests.contract.laws import REFUSED

PAIRS = [
    pytest.param(estimator.name, estimand.name, id=f"{estimator.name}-{estimand.name}")
    for estimator in ESTIMATORS
    for estimand in ESTIMANDS
    if (estimator.name, estimand.name) not in REFUSED
]
SAMPLED = {e.name for e in ESTIMATORS if e.by_probability}
MODELS = {e.name for e in ESTIMANDS if e.statistic is not None}
SEEDS = st.integers(0, 2**32 - 1)
MEANS = ("mean", "mean_difference", "proportions")
MANY, FEW = 10, 4  # examples of a law for a pair of these, and for one of the others, which are more and slower


def examples(**strategies: st.SearchStrategy) -> Callable[[Callable[..., None]], Callable[[str, str], None]]:
    """Drawn arguments of a law, ``MANY`` times for means and shares, ``FEW`` times for the other estimands.

    Every pair has draws of its own, the same in every run.
    """

    def decorated(law: Callable[..., None]) -> Callable[[str, str], None]:
        many, few = (settings(max_examples=count)(given(**strategies)(law)) for count in (MANY, FEW))

        @wraps(law)
        def test(estimator: str, estimand: str) -> None:
            drawn = seed(crc32(f"{estimator} {estimand}".encode()))(many if estimand in MEANS else few)
            drawn(estimator=estimator, estimand=estimand)

        del test.__wrapped__  # pytest would read the law's own arguments
        return test

    return decorated


@dataclass(frozen=True)
class Kind:
    """A kind of study: how it is drawn from a seed, and how its pool is identified if not by the default."""

    study: Callable[[int], Study]
    arms: int
    model: Model | None = None
    identification: str | None = None
    statistic: str | None = None
    null: float = 0.0


def plain(n: tuple[int, ...], identification: str | None = None, **drawn) -> Kind:
    return Kind(partial(simulate, n=n, **drawn), len(n), None, identification)


def shares(n: tuple[int, ...], identification: str | None = None, **drawn) -> Kind:
    """Three categories, where an arm must be large enough to hold them all."""
    return Kind(lambda seed: categorised(simulate(seed, n=n, **drawn)), len(n), None, identification)


def fitted(world: str, model: Model, n: tuple[int, ...] = (40,), *, identification: str | None = None, **drawn) -> Kind:
    drawn_from = partial(term_studies.regression, world=world, model=model, n=n, **drawn)
    return Kind(drawn_from, len(n), model, identification)


def statistic(name: str, study: Callable[[int], Study], *, arms: int = 1, null: float = 0.0) -> Kind:
    """A named statistic, with the study's first term if it takes one."""
    return Kind(study, arms, Model(("x",) if name == "spearman" else ()), None, name, null)


ONE, BOTH = Model(("x",)), Model(("x", "d"))
ARMS_TOO = Model(("x",), treatment=True)
MEANS = {
    "one population": plain((12,), m=30),
    "one skewed population, three models": plain((25,), m=15, models=3, outcome="skewed"),
}
DIFFERENCES = {
    "tiny independent arms": plain((5, 6), m=(9, 8)),
    "binary, independent, two models": plain((24, 30), m=(40, 50), models=2, outcome="binary"),
    "Likert twins": plain((20, 25), design="shared", outcome="likert"),
    "skewed twins with personas": plain((30, 20), "exchangeability", m=60, design="shared", models=2, outcome="skewed"),
    "three arms of twins, two models, two covariates": plain(
        (18, 20, 22), "exchangeability", m=25, design="shared", models=2, covariates=2
    ),
    "three independent Likert arms, a covariate": plain((14, 12, 16), m=(20, 30, 10), covariates=1, outcome="likert"),
    "a useless LLM": plain((15, 15), m=(60, 60), quality=0.0),
    "no LLM-only unit": plain((12, 15)),
}
KINDS: Mapping[str, Mapping[str, Kind]] = {
    "mean": MEANS | DIFFERENCES,
    "mean_difference": DIFFERENCES,
    "proportions": {
        "shares of one population": shares((20,), m=30),
        "shares in independent arms, two models": shares((36, 40), m=(40, 50), models=2),
        "shares of twins": shares((24, 30), design="shared", outcome="skewed"),
        "shares of twins with personas, a covariate": shares(
            (30, 28), "exchangeability", m=60, design="shared", covariates=1
        ),
    },
    "quantile": {
        "quantiles of one population": plain((31,), m=40),
        "quantiles, two models, skewed": plain((35,), m=50, models=2, outcome="skewed"),
        "quantiles of independent arms": plain((30, 34), m=(40, 40)),
        "quantiles of twins": plain((32, 30), design="shared"),
        "quantiles of twins with personas, a covariate": plain(
            (30, 33), "exchangeability", m=40, design="shared", covariates=1
        ),
    },
    "linear": {
        "lines": fitted("linear", BOTH, (25,)),
        "lines, two models, cross": fitted("linear", replace(BOTH, cross=True), (50,), count=2),
        "lines in independent arms": fitted("linear", ARMS_TOO, (20, 24), m=30),
        "lines in twins": fitted("linear", ARMS_TOO, (20, 24), m=None, shared=True),
        "lines in twins with personas, two models": fitted(
            "linear", ARMS_TOO, (22, 25), m=30, shared=True, count=2, identification="exchangeability"
        ),
        "lines in strata": fitted("linear", BOTH, (31,), strata=True),
        "lines in strata of twins": fitted("linear", ARMS_TOO, (24, 26), m=30, shared=True, strata=True),
        "lines through counts": fitted("poisson", ONE, (24,), count=2),
    },
    "logistic": {
        "odds": fitted("logistic", ONE, (60,)),
        "odds, two models, cross": fitted("logistic", replace(ONE, cross=True), (60,), count=2),
        "odds in twins": fitted("logistic", ARMS_TOO, (50, 50), shared=True, identification="exchangeability"),
    },
    "poisson": {
        "rates": fitted("poisson", BOTH),
        "rates, two models, cross": fitted("poisson", replace(ONE, cross=True), count=2),
        "rates in independent arms": fitted("poisson", ARMS_TOO, (30, 32), m=40),
        "rates in twins": fitted("poisson", ARMS_TOO, (30, 32), m=None, shared=True),
    },
    "amce": {
        "profiles of respondents": Kind(term_studies.rated, 1, conjoints.MODEL),
        "profiles whose levels interact": Kind(
            partial(term_studies.rated, clusters=False, interactions=(("education", "job"),)),
            1,
            replace(conjoints.MODEL, interactions=(("education", "job"),)),
        ),
        "profiles, two models": Kind(partial(term_studies.rated, count=2, clusters=False), 1, conjoints.MODEL),
    },
    "correlation": {
        "correlated": Kind(term_studies.correlated, 1, ONE),
        "correlated, two models": Kind(partial(term_studies.correlated, count=2), 1, ONE),
    },
    "plug_in": {
        "variances": statistic("variance", partial(term_studies.of_arms, n=(25,)), null=1.0),
        "deviations of arms, two models": statistic(
            "standard_deviation", partial(term_studies.of_arms, n=(20, 24), count=2), null=1.0
        ),
        "inequality of twins": statistic("gini", partial(term_studies.of_arms, n=(24, 20), shared=True), null=0.1),
        "rank correlations": statistic("spearman", partial(term_studies.correlated, count=2)),
        "sizes of differences": statistic(
            "standardized_mean_difference", partial(term_studies.of_arms, n=(20, 24)), arms=2
        ),
        "sizes of differences of twins": statistic(
            "standardized_mean_difference", partial(term_studies.of_arms, n=(20, 24), shared=True), arms=2
        ),
        "ratios of risks": statistic(
            "risk_ratio", partial(term_studies.of_arms, n=(40, 50), world="logistic"), null=1.0
        ),
        "ratios of odds, two models": statistic(
            "odds_ratio", partial(term_studies.of_arms, n=(40, 50), world="logistic", count=2), null=1.0
        ),
    },
    "conditional_logit": {
        "choices of respondents": Kind(term_studies.chosen, 1, choices.PRICED),
        "uneven choices, two models": Kind(
            partial(term_studies.chosen, count=2, clusters=False, uneven=True), 1, choices.PRICED
        ),
    },
    "multinomial": {
        "categories by age": Kind(term_studies.named, 1, choices.AGED),
        "categories by age, two models, cross": Kind(
            partial(term_studies.named, count=2, cross=True), 1, replace(choices.AGED, cross=True)
        ),
    },
}
EVERY = {name: kind for of in KINDS.values() for name, kind in of.items()}


def kinds(estimand: str, *, without: str = "\0", arms: int = 1) -> st.SearchStrategy[str]:
    """The kinds of study an estimand is defined for, by name."""
    return st.sampled_from([k for k, kind in KINDS[estimand].items() if kind.arms >= arms and without not in k])


def study(kind: str, seed: int) -> Study:
    return EVERY[kind].study(seed)


def plan(kind: str, estimator: str, estimand: str, **more) -> Plan:
    of = EVERY[kind]
    identification = None if estimator in SAMPLED else of.identification
    quantiles = (0.4,) if estimand == "quantile" else ()
    asked = Plan(estimator=estimator, estimand=estimand, identification=identification, model=of.model)
    return replace(asked, quantiles=quantiles, **({"statistic": of.statistic, "null_value": of.null} | more))


def possible(asked: Plan, null: float, estimate: float) -> float:
    """A null value, or the nearest that the estimand can have."""
    if asked.estimand == "correlation" or asked.statistic == "spearman":
        return min(max(null, -0.99), 0.99)
    if asked.statistic == "gini":
        null = min(null, 0.99)
    return max(null, 0.05 * estimate) if asked.statistic not in (None, "standardized_mean_difference") else null


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


def opposite(result: Result) -> list[float]:
    """The numbers of a result with its sign turned."""
    e, se, df, p, low, high = numbers(result)
    return [-e, se, df, p, -high, -low]


def beside(found: Answer, expected: Answer) -> Iterator[tuple[EstimateBlock, EstimateBlock]]:
    """Estimates of two answers side by side."""
    return zip(found.estimates, expected.estimates, strict=True)


def negated(asked: Plan, arms: tuple[str, ...]) -> tuple[Plan, Plan]:
    """A plan with all contrasts against the first arm, and the plan with each of them the other way round."""
    pairs = [(arm, arms[0]) for arm in arms[1:]]
    forward = tuple(NamedContrast(f"{a} - {b}", {a: 1.0, b: -1.0}) for a, b in pairs)
    backward = tuple(NamedContrast(f"{b} - {a}", {a: -1.0, b: 1.0}) for a, b in pairs)
    return replace(asked, contrasts=forward), replace(asked, contrasts=backward)
