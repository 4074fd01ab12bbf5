"""Counts and the closed forms that they give; the engine's own numbers are in test_distribution."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.quantiles.counts import at_most, count, human_only, ppi, regression

RNG = np.random.default_rng(5)
answers, said, alone = (
    RNG.integers(0, 6, 40).astype(float),
    RNG.integers(0, 6, 40).astype(float),
    RNG.integers(0, 6, 90) * 1.0,
)
GRID = np.unique(answers)[:-1]
COUNTS = count(answers, said, alone, GRID)


def test_counts_are_those_of_the_definition_ties_included() -> None:
    for k, t in enumerate(GRID):
        found = [COUNTS.y[k], COUNTS.f[k], COUNTS.both[k], COUNTS.llm_only[k]]
        assert found == [
            (answers <= t).sum(),
            (said <= t).sum(),
            ((answers <= t) & (said <= t)).sum(),
            (alone <= t).sum(),
        ]
    assert at_most(np.array([2.0, 1.0, 2.0]), np.array([0.5, 1.0, 2.0])).tolist() == [0.0, 1.0, 3.0]


def test_regression_is_post_stratification_by_the_llms_indicator() -> None:
    levels = regression(COUNTS)
    t = GRID[2]
    share = np.mean(np.concatenate([said, alone]) <= t)
    inside = said <= t
    assert levels.share[2] == pytest.approx(
        share * (answers[inside] <= t).mean() + (1 - share) * (answers[~inside] <= t).mean()
    )


def test_ppi_is_the_difference_estimator() -> None:
    levels, t = ppi(COUNTS), GRID[1]
    gap = (answers <= t) * 1.0 - (said <= t)
    assert levels.share[1] == pytest.approx((alone <= t).mean() + gap.mean(), rel=1e-13)
    assert levels.variance[1] == pytest.approx(gap.var(ddof=1) / 40 + (alone <= t).var(ddof=1) / 90, rel=1e-13)


def test_too_few_humans_on_either_side_leave_the_humans_own_share() -> None:
    y, f = np.arange(10.0), np.repeat([0.0, 9.0], [2, 8])
    few = count(y, f, np.arange(10.0), y[:-1])
    assert regression(few).variance.tolist() == human_only(few.y, 10).variance.tolist()
    assert human_only(few.y, 10).df.tolist() == [9.0] * 9
