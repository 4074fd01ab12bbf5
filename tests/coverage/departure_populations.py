"""Populations that depart from the Gaussian centre: one thing at a time is made harder.

The centre is one population (or two arms of twins) with an LLM whose latent answer correlates RHO with the human's,
n humans per arm and LLM_ONLY n LLM-only units. Latent answers are standard normal; what is seen of them is:

binary         1 where the latent answer exceeds the 1 - p quantile (of LLM answers too)
likert         round(3 + 1.2 x latent), cut to 1..5
lognormal      exp(0.8 x latent)
heteroskedastic  human = f RHO + e sqrt(1 - RHO^2) (0.3 + |f|)
weights        units have log-normal weights of a given coefficient of variation whose logarithm correlates 0.5 with
               the LLM's latent answer; the target is the weighted population
clusters       3 human answers per cluster, 10 LLM-only answers per cluster, cluster effects of variance 0.36 in LLM and
               residual; spanning: the same clusters, else 3 G other clusters; ignored: the cluster column is not sent
twin items     the same two sizes, but twins: the items that a person answered were randomised to the arms one by one,
               the LLM answers for both arms, and each arm has its own cluster effects
strata         H strata of n_h humans per arm whose means and effects differ
probabilities  N units of which each gives a human answer with its own known probability between .02 and .9, which
               correlates with the LLM's answer

Shapes: as the layouts. Units: standard deviations of the latent answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import exp, log, sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.moments import FloatArray
from service.calibration.sample import Sample

RHO = 0.7
LLM_ONLY = 10
ARMS = ("control", "treated")
HUMANS, PERSONAS = 3, 10
SHARED = 0.6  # standard deviation of cluster effects, of a total of 1
TIE = 0.5  # correlation of log weight, or of the sampling propensity, with the LLM's latent answer
SKEW = 0.8
LEAST, MOST = 0.02, 0.9
Seen = Callable[[FloatArray], FloatArray]


def likert(latent: FloatArray) -> FloatArray:
    """Answers 1..5."""
    return np.clip(np.round(3.0 + 1.2 * latent), 1.0, 5.0)


def likert_mean() -> float:
    """Mean of ``likert``: 1 plus the probabilities of exceeding every cut."""
    cuts = (np.arange(1, 5) + 0.5 - 3.0) / 1.2
    return float(1.0 + (1.0 - ndtr(cuts)).sum())


def lognormal(latent: FloatArray) -> FloatArray:
    """A skewed positive outcome."""
    return np.exp(SKEW * latent)


def lognormal_mean() -> float:
    """Mean of ``lognormal``."""
    return exp(SKEW**2 / 2.0)


def binary(p: float) -> Seen:
    """1 with probability p."""
    return partial(_exceeds, cut=float(ndtri(1.0 - p)))


def _exceeds(latent: FloatArray, cut: float) -> FloatArray:
    return (latent > cut).astype(float)


def pair(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """Latent answers of humans and of their LLM, correlated RHO."""
    f = rng.standard_normal(shape)
    return RHO * f + sqrt(1.0 - RHO**2) * rng.standard_normal(shape), f


def population(rng: np.random.Generator, n: int, seen: Seen) -> Sample:
    """One population, seen through ``seen``."""
    y, f = pair(rng, (n,))
    return from_arrays([ArmArrays("all", seen(y), seen(f), seen(rng.standard_normal(LLM_ONLY * n)))])


def twins(rng: np.random.Generator, n: int, seen: Seen) -> Sample:
    """Two arms of n twins and LLM_ONLY n personas; no effect."""
    arm = np.repeat([0, 1, -1], [n, n, LLM_ONLY * n])
    first = rng.standard_normal(arm.size)
    second = 0.5 * first + sqrt(0.75) * rng.standard_normal(arm.size)
    y = seen(RHO * np.where(arm == 0, first, second) + sqrt(1.0 - RHO**2) * rng.standard_normal(arm.size))
    columns = [PredictionColumn(seen(f), arm=name) for f, name in zip((first, second), ARMS, strict=True)]
    return _table(np.where(arm < 0, np.nan, y), columns, arm)


def _table(y: FloatArray, columns: list[PredictionColumn], arm: np.ndarray, survey: Survey | None = None) -> Sample:
    """A table of twins."""
    labels, design = Labels(arm, ARMS), "shared"
    return from_table(Table((("y", y),), tuple(columns), labels, design, survey=survey or Survey()))[0]


def _single(y: FloatArray, f: FloatArray, survey: Survey) -> Sample:
    """A table of one population."""
    return from_table(Table((("y", y),), (PredictionColumn(f),), survey=survey))[0]


def heteroskedastic(rng: np.random.Generator, n: int) -> Sample:
    """One population whose residual grows with the size of the LLM's answer; mean 0."""
    f = rng.standard_normal(n)
    y = RHO * f + sqrt(1.0 - RHO**2) * rng.standard_normal(n) * (0.3 + np.abs(f))
    return from_arrays([ArmArrays("all", y, f, rng.standard_normal(LLM_ONLY * n))])


def log_spread(cv: float) -> float:
    """Standard deviation of the logarithm of log-normal weights with this coefficient of variation."""
    return sqrt(log(1.0 + cv**2))


def weights(rng: np.random.Generator, n: int, cv: float) -> Sample:
    """One population with weights; the weighted mean is RHO x TIE x log_spread(cv)."""
    y, f = pair(rng, ((1 + LLM_ONLY) * n,))
    z = TIE * f + sqrt(1.0 - TIE**2) * rng.standard_normal(f.size)
    y[n:] = np.nan
    return _single(y, f, Survey(weight=np.exp(log_spread(cv) * z)))


def clusters(rng: np.random.Generator, count: int, kind: str) -> Sample:
    """One population of ``count`` clusters with humans; kind: apart, spanning, or spanning and ignored or weighted."""
    other = count if kind != "apart" else 3 * count
    own = sqrt(1.0 - SHARED**2)
    effect = SHARED * rng.standard_normal(count)
    beyond = effect if kind != "apart" else SHARED * rng.standard_normal(other)
    f = effect[:, None] + own * rng.standard_normal((count, HUMANS))
    e = SHARED * rng.standard_normal((count, 1)) + own * rng.standard_normal((count, HUMANS))
    y = (RHO * f + sqrt(1.0 - RHO**2) * e).ravel()
    personas = (beyond[:, None] + own * rng.standard_normal((other, PERSONAS))).ravel()
    first = 0.0 if kind != "apart" else float(count)
    codes = np.concatenate([np.repeat(np.arange(count), HUMANS), first + np.repeat(np.arange(other), PERSONAS)])
    weight = np.exp(log_spread(0.5) * rng.standard_normal(codes.size)) if kind == "weighted" else None
    survey = Survey(weight, None if kind == "ignored" else codes.astype(float))
    return _single(np.concatenate([y, np.full(personas.size, np.nan)]), np.concatenate([f.ravel(), personas]), survey)


def twin_items(rng: np.random.Generator, count: int, told: bool) -> Sample:
    """People who answered a few items each, cloned to personas who answer more, both arms of every item; no effect."""
    person = np.concatenate([np.repeat(np.arange(count), size) for size in (HUMANS, PERSONAS)])

    def latent() -> FloatArray:
        own = sqrt(1.0 - SHARED**2) * rng.standard_normal((person.size, 2))
        return SHARED * rng.standard_normal((count, 2))[person] + own

    f = latent()
    y = RHO * f + sqrt(1.0 - RHO**2) * latent()
    arm = np.full(person.size, -1)
    arm[: HUMANS * count] = rng.permutation(np.arange(HUMANS * count) % 2)
    answers = np.where(arm < 0, np.nan, np.where(arm == 0, y[:, 0], y[:, 1]))
    columns = [PredictionColumn(f[:, d].copy(), arm=name) for d, name in enumerate(ARMS)]
    return _table(answers, columns, arm, Survey(cluster=person.astype(float) if told else None))


def strata(rng: np.random.Generator, per_stratum: int, count: int) -> Sample:
    """Twins in strata whose means differ and whose effects differ around 0.5."""
    sizes = per_stratum * count
    arm = np.repeat([0, 1, -1], [sizes, sizes, LLM_ONLY * sizes])
    code = np.concatenate([np.repeat(np.arange(count), k * per_stratum) for k in (1, 1, LLM_ONLY)])
    level = np.linspace(-1.0, 1.0, count)[code]
    f = rng.standard_normal((2, arm.size))
    own = np.where(arm == 0, f[0], f[1])
    y = level * (1.0 + (arm == 1)) + 0.5 * (arm == 1) + RHO * own + sqrt(1.0 - RHO**2) * rng.standard_normal(arm.size)
    columns = [PredictionColumn(f[d], arm=name) for d, name in enumerate(ARMS)]
    return _table(np.where(arm < 0, np.nan, y), columns, arm, Survey(stratum=code.astype(float)))


def probabilities(rng: np.random.Generator, frame: int) -> Sample:
    """A frame of which each unit gives a human answer with a known probability between LEAST and MOST; mean 0."""
    y, f = pair(rng, (frame,))
    propensity = TIE * f + sqrt(1.0 - TIE**2) * rng.standard_normal(frame)
    pi = LEAST + (MOST - LEAST) / (1.0 + np.exp(1.5 - 1.5 * propensity))
    y[rng.random(frame) >= pi] = np.nan
    return _single(y, f, Survey(sampling_probability=pi))
