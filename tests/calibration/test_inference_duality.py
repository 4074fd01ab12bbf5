"""p < 1 - level exactly when the null value is outside the interval: every method, every alternative, no tolerance."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import inf, nextafter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.inference import Settings, infer
from service.calibration.intervals import INTERVALS
from service.calibration.plan import Alternative
from tests.calibration.studies import simulate

KINDS = {
    "twins": ({"n": (19, 21), "design": "shared"}, "randomization", [-1.0, 1.0]),
    "twins with personas": ({"n": (22, 20), "m": 40, "design": "shared", "models": 2}, "exchangeability", [1.0, -1.0]),
    "independent": ({"n": (26, 22), "m": (20, 30)}, "exchangeability", [-2.0, 2.0]),
    "one population": ({"n": (25,), "m": 60}, "exchangeability", [1.0]),
    "three arms": ({"n": (30, 28, 26), "m": (9, 9, 9)}, "exchangeability", [1.0, -0.5, -0.5]),
}
REFITTED = {"twins"}  # what the randomization method can refit
ALTERNATIVES = Alternative.__args__
PAIRS = [(m.name, kind) for m in INTERVALS for kind in KINDS if m.name != "randomization" or kind in REFITTED]

pytestmark = pytest.mark.unwatched


def case(kind: str, seed: int, outcome: str):
    of, identification, weights = KINDS[kind]
    contrast = np.array(weights)
    frame = Frame(simulate(seed, **of, outcome=outcome).sample(), identification)
    return estimator("regression").fit(frame, contrast), contrast


def outside(found, chosen: Settings, null: float) -> bool:
    low, high = found.interval.lower, found.interval.upper
    if chosen.alternative == "equivalence":
        bounded = low is not None and high is not None
        return bounded and null - chosen.margin < low and high < null + chosen.margin
    below = null - chosen.margin if chosen.alternative == "non_inferiority" else null
    return (low is not None and below < low) or (high is not None and high < null)


def dual(method: str, kind: str, alternative: str, seed: int, away: float, level: float, error_rate) -> None:
    outcome = "binary" if seed % 2 else "likert"
    drawn = simulate(seed, **KINDS[kind][0], outcome=outcome)
    assume(all(np.ptp(y) > 0 for y in drawn.y))  # an arm whose people all answer the same is refused
    fitted, contrast = case(kind, seed, outcome)
    bounds = (0.0, 1.0) if seed % 2 else (1.0, 5.0)
    chosen = Settings(level, alternative, None, method, margin=0.25, bounds=bounds, replicates=99, seed=seed)
    error = 1.0 - level if error_rate is None else error_rate
    interval = infer(fitted, contrast, chosen, error_rate).interval
    found = infer(fitted, contrast, chosen, error_rate)
    assert found.p_value is None
    nulls = [found.estimate + away * found.standard_error, found.estimate]
    shifts = {"equivalence": (0.25, -0.25), "non_inferiority": (0.25, 0.0)}.get(alternative, (0.0, 0.0))
    for end, shift in zip((interval.lower, interval.upper), shifts, strict=True):
        if end is not None:
            nulls += [nextafter(end + shift, -inf), end + shift, nextafter(end + shift, inf)]
    for null in nulls:
        again = infer(fitted, contrast, replace(chosen, null_value=null), error_rate)
        assert again.interval == interval
        assert 0.0 <= again.p_value <= 1.0
        assert (again.p_value < error) == outside(again, replace(chosen, null_value=null), null)


DRAWN = given(
    seed=st.integers(0, 999),
    away=st.floats(-3.0, 3.0),
    level=st.sampled_from([0.6, 0.9, 0.95, 0.99]),
    error_rate=st.sampled_from([None, 0.02]),
)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(("method", "kind"), PAIRS)
@settings(max_examples=3)
@DRAWN
def test_duality(method: str, kind: str, alternative: str, seed: int, away: float, level: float, error_rate) -> None:
    dual(method, kind, alternative, seed, away, level, error_rate)


@pytest.mark.slow
@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(("method", "kind"), PAIRS)
@settings(max_examples=20)
@DRAWN
def test_duality_at_length(method: str, kind: str, alternative: str, seed, away, level, error_rate) -> None:
    dual(method, kind, alternative, seed, away, level, error_rate)


@pytest.mark.parametrize(("method", "kind"), PAIRS)
def test_a_higher_level_gives_an_interval_that_holds_the_lower_one(method: str, kind: str) -> None:
    fitted, contrast = case(kind, 5, "likert")
    chosen = Settings(method=method, bounds=(1.0, 5.0), replicates=999)
    ends = []
    for level in (0.5, 0.8, 0.95, 0.99):
        interval = infer(fitted, contrast, replace(chosen, level=level)).interval
        ends.append(
            (-inf if interval.lower is None else interval.lower, inf if interval.upper is None else interval.upper)
        )
    for (low, high), (lower, higher) in pairwise(ends):
        assert lower <= low <= high <= higher


@pytest.mark.parametrize("method", [m.name for m in INTERVALS])
def test_the_same_seed_gives_the_same_numbers(method: str) -> None:
    fitted, contrast = case("twins", 3, "likert")
    chosen = Settings(method=method, bounds=(1.0, 5.0), replicates=499, seed=7)
    assert infer(fitted, contrast, chosen) == infer(fitted, contrast, chosen)
    other = infer(fitted, contrast, replace(chosen, seed=8))
    drawn = method in ("bootstrap", "bootstrap_t", "randomization", "betting")
    assert (other.interval != infer(fitted, contrast, chosen).interval) == drawn
