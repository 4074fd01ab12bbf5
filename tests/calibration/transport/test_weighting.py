from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.target import Target, margins_of
from service.calibration.transport.weighting import codes, method, weighted

RNG = np.random.default_rng(2)
SEX, AREA = RNG.integers(0, 2, 120), RNG.integers(0, 3, 120)
COVARIATES = (
    ("sex", Labels(SEX, ("m", "f"))),
    ("area", Labels(AREA, ("n", "s", "w"))),
    ("age", RNG.normal(40.0, 10.0, 120)),
    ("years", 2.0 * RNG.integers(10, 30, 120)),
)
MIX, AREAS = {"m": 0.3, "f": 0.7}, {"n": 0.5, "s": 0.3, "w": 0.2}


def found(margins: dict, keep=slice(None), base=None):
    told, x = margins_of(COVARIATES, Target(margins))
    x = x[:, keep]
    weight, problems = weighted(told, x, np.ones(x.shape[1]) if base is None else base, "the humans of arm 'a'")
    return told, x, weight, [(p.pointer.removeprefix("/plan/target/margins/"), p.code) for p in problems]


@pytest.mark.parametrize(
    ("margins", "how"),
    [
        ({"sex": MIX}, "raking"),
        ({"sex": MIX, "area": AREAS}, "raking"),
        ({"sex": MIX, "age": 44.0}, "entropy_balancing"),
    ],
)
def test_weights_have_mean_1_and_meet_the_margins(margins: dict, how: str) -> None:
    told, x, weight, problems = found(margins, base=RNG.uniform(1.0, 2.0, 120))
    assert (method(told), problems) == (how, [])
    assert weight is not None
    assert weight.mean() == pytest.approx(1.0)
    assert np.abs(x @ weight / 120).max() < 1e-10


def test_a_single_category_needs_no_weights() -> None:
    assert codes(np.zeros((0, 4))).tolist() == [0, 0, 0, 0]
    assert codes(np.array([[0.4, -0.6, -0.6], [-0.3, -0.3, 0.7]])).tolist() == [1, 0, 2]


def test_raking_that_is_slow_is_finished_by_newton() -> None:
    """Few units off the diagonal: raking alone takes thousands of rounds."""
    keep = np.concatenate((np.flatnonzero((SEX == 0) & (AREA == 0)), np.flatnonzero((SEX == 1) & (AREA != 0))))
    base = np.ones(120)
    _, x, weight, problems = found(
        {"sex": {"m": 0.3, "f": 0.7}, "area": {"n": 0.6, "s": 0.2, "w": 0.2}}, keep, base[keep]
    )
    assert weight is None
    assert problems == [("area", "margins_contradict")]
    off = np.flatnonzero((SEX == 1) & (AREA == 0))[:1]
    keep = np.concatenate((keep, off, np.flatnonzero((SEX == 0) & (AREA == 1))[:1]))
    base = np.where(np.isin(np.arange(120), keep[-2:]), 1e-4, 1.0)
    _, x, weight, problems = found(
        {"sex": {"m": 0.3, "f": 0.7}, "area": {"n": 0.302, "s": 0.4, "w": 0.298}}, keep, base[keep]
    )
    assert problems == []
    assert weight is not None
    assert np.abs(x @ weight / weight.size).max() < 1e-10


def test_impossible_margins_are_named() -> None:
    assert found({"sex": MIX, "age": 99.0})[3] == [("age", "mean_outside_range")]
    assert found({"age": float(COVARIATES[2][1].min())})[3] == [("age", "mean_outside_range")]
    assert found({"area": AREAS, "age": -1.0}, AREA != 1)[3] == [
        ("area/s", "category_not_in_sample"),
        ("age", "mean_outside_range"),
    ]
    assert found({"age": 45.0, "sex": MIX}, SEX == 1)[3] == [("sex/m", "category_not_in_sample")]


def test_margins_that_contradict_each_other_are_told_apart_from_those_before() -> None:
    keep = (SEX == 1) == (AREA == 0)  # every woman lives in the north, and nobody else
    margins = {"age": 41.0, "sex": MIX, "area": {"n": 0.6, "s": 0.2, "w": 0.2}, "years": 40.0}
    assert found(margins, keep)[3] == [("area", "margins_contradict")]
    assert found(margins | {"area": {"n": 0.7, "s": 0.2, "w": 0.1}}, keep)[3] == []


def test_a_mean_that_nobody_differs_from_is_met() -> None:
    told, x = margins_of((("age", np.full(5, 3.0)),), Target({"age": 3.0}))
    assert weighted(told, x, np.ones(5), "them")[0] is not None
