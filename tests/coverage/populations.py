"""The populations that are simulated: what humans and LLMs answer, and the true effect.

All outcomes are Gaussian with standard deviation 1 inside an arm. rho is the correlation of a human's outcome with the
LLM's answer for that human under the condition the human was in.

one_population      y = f rho + e sqrt(1 - rho^2), f and e standard normal and independent. n humans with (y, f) and
                    10 n LLM-only units with f. Asked for: the mean of y, which is 0.
independent_arms    two such populations that share nothing; the treated arm's y is higher by EFFECT. n humans and 10 n
                    LLM-only units per arm. Asked for: the difference of means, EFFECT.
twins_humans_only   every person has (f_0, f_1), standard normal with correlation TWIN_CORRELATION, and
                    y_d = d EFFECT + f_d rho + e_d sqrt(1 - rho^2). n people are assigned to each arm, y_d of the own
                    arm is seen, both f are seen. The other arm's twin therefore correlates rho TWIN_CORRELATION with
                    y_d and adds nothing given f_d, and the slopes of the two arms differ, so that the pool's own
                    variance matters. No LLM-only units; identified by randomization.
twins_with_llm_only the same with 10 n further personas, (f_0, f_1) only; identified by exchangeability.

Shapes: n humans per arm, LLM_ONLY n units per pool. Units: outcome standard deviations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.table import Table, from_table
from service.calibration.moments import FloatArray
from service.calibration.plan import Identification
from service.calibration.sample import Sample

EFFECT = 0.5
TWIN_CORRELATION = 0.5
LLM_ONLY = 10
ARMS = ("control", "treated")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of study: its wire-level identification, the true value, and how one sample of it is drawn."""

    name: str
    title: str
    identification: Identification
    truth: float
    draw: Callable[[np.random.Generator, int, float], Sample]


def _pair(rng: np.random.Generator, n: int, rho: float) -> tuple[FloatArray, FloatArray]:
    """Outcome and prediction of n humans, each (n,), correlated rho."""
    f = rng.standard_normal(n)
    return rho * f + np.sqrt(1.0 - rho**2) * rng.standard_normal(n), f


def _one_population(rng: np.random.Generator, n: int, rho: float) -> Sample:
    y, f = _pair(rng, n, rho)
    return from_arrays([ArmArrays("all", y, f, rng.standard_normal(LLM_ONLY * n))])


def _independent_arms(rng: np.random.Generator, n: int, rho: float) -> Sample:
    arms = []
    for d, name in enumerate(ARMS):
        y, f = _pair(rng, n, rho)
        arms.append(ArmArrays(name, y + d * EFFECT, f, rng.standard_normal(LLM_ONLY * n)))
    return from_arrays(arms)


def _twins(rng: np.random.Generator, n: int, rho: float, llm_only: int) -> Sample:
    """Rows: n control humans, n treated humans, then the LLM-only personas."""
    total = 2 * n + llm_only
    first = rng.standard_normal(total)
    second = TWIN_CORRELATION * first + np.sqrt(1.0 - TWIN_CORRELATION**2) * rng.standard_normal(total)
    arm = np.repeat([0, 1, -1], [n, n, llm_only])
    own = np.where(arm == 0, first, second)
    y = np.where(arm == 1, EFFECT, 0.0) + rho * own + np.sqrt(1.0 - rho**2) * rng.standard_normal(total)
    y[arm < 0] = np.nan
    columns = tuple(PredictionColumn(f, arm=name) for f, name in zip((first, second), ARMS, strict=True))
    return from_table(Table((("y", y),), columns, Labels(arm, ARMS), "shared"))[0]


def _twins_humans_only(rng: np.random.Generator, n: int, rho: float) -> Sample:
    return _twins(rng, n, rho, 0)


def _twins_with_llm_only(rng: np.random.Generator, n: int, rho: float) -> Sample:
    return _twins(rng, n, rho, LLM_ONLY * n)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("one_population", "One population", "exchangeability", 0.0, _one_population),
    Scenario("independent_arms", "Two arms, independent LLM units", "exchangeability", EFFECT, _independent_arms),
    Scenario("twins_humans_only", "Twins, no LLM-only units", "randomization", EFFECT, _twins_humans_only),
    Scenario("twins_with_llm_only", "Twins and LLM-only units", "exchangeability", EFFECT, _twins_with_llm_only),
)


def scenario(name: str) -> Scenario:
    """The scenario of that name; raises StopIteration for none."""
    return next(s for s in SCENARIOS if s.name == name)
