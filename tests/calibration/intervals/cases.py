"""Estimates for the tests of interval methods: small studies of every kind, fitted."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np

from service.calibration.estimate import Estimate, Frame
from service.calibration.estimators import estimator
from service.calibration.inference import level
from service.calibration.intervals.pivot import Context
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.sample import Sample
from service.calibration.strata import expanded, stratified
from service.calibration.variance import contrast_variance
from tests.calibration.studies import simulate

DIFFERENCE = np.array([-1.0, 1.0])
MEAN = np.ones(1)


def estimate(study, identification: str = "exchangeability", name: str = "regression") -> Estimate:
    return fitted(study.sample(), identification, name)


def twins(seed: int = 1, n=(14, 16), **more) -> Estimate:
    return estimate(simulate(seed, n, design="shared", **more), "randomization")


def answers(*human, name: str = "human_only") -> Estimate:
    """Arms of human answers alone."""
    arms = [ArmArrays(f"arm {i}", np.array(y, float), np.array(y, float)[::-1], None) for i, y in enumerate(human)]
    return estimator(name).fit(Frame(from_arrays(arms), "exchangeability"), np.zeros(0))


def yes_no(yes: int, n: int) -> list[float]:
    return [1.0] * yes + [0.0] * (n - yes)


def context(of: Estimate, contrast, **more) -> Context:
    variance, df = contrast_variance(of, contrast, more.get("population", "super"))
    value = float(contrast @ of.theta) + level(contrast) * of.frame.sample.origin
    return Context(value=value, standard_error=sqrt(variance), df=df, **more)


def fitted(sample, identification: str = "exchangeability", name: str = "regression") -> Estimate:
    return estimator(name).fit(Frame(sample, identification), np.zeros(0))


def constant(n: int) -> Sample:
    """n humans who all said no."""
    sample = from_arrays([ArmArrays("all", np.arange(n, dtype=float), np.arange(n, dtype=float), None)])
    return replace(sample, human=(replace(sample.human[0], y=np.zeros(n)),))


def moved(of: Estimate, by: float) -> Estimate:
    return replace(of, theta=of.theta + by)


def in_strata(study, shares=(0.3, 0.7), identification: str = "exchangeability") -> tuple[Estimate, np.ndarray]:
    """The study with every other unit in a second stratum: its human-only estimate and the difference of two arms."""
    sample = study.sample()
    human = tuple(replace(s, stratum=np.arange(s.n) % 2) for s in sample.human)
    cells = stratified(replace(sample, human=human, llm_only=(None,) * len(sample.llm_only), strata=("a", "b")))
    return fitted(cells, identification, "human_only"), expanded(DIFFERENCE, np.array(shares))


def coded(sample: Sample, **columns) -> Sample:
    """The sample with survey columns (arm -> values) on its humans."""
    human = tuple(
        replace(source, **{name: codes[d] for name, codes in columns.items()}) for d, source in enumerate(sample.human)
    )
    return replace(sample, human=human)
