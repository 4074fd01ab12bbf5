from __future__ import annotations

from dataclasses import replace
from math import inf, sqrt

import numpy as np
import pytest

from service.calibration.errors import UnsupportedCombination
from service.calibration.estimands import estimand
from service.calibration.intervals import bootstrap_t
from service.calibration.linearised import linearised
from service.calibration.redrawing import Redraws
from service.calibration.replicates import replicates
from service.calibration.resampling import indices
from service.calibration.variance import influences
from tests.calibration.intervals import cases
from tests.calibration.models import TERMS, sample, table
from tests.calibration.studies import as_moments, problems, simulate


def test_the_human_only_mean_has_the_textbook_statistic() -> None:
    """t* = (mean* - mean)/(s*/sqrt n) of answers resampled with the same draws."""
    y = np.array([3.0, 4.5, 2.2, 8.1, 4.4, 5.9, 1.3])
    estimate = cases.answers(y)
    context = cases.context(estimate, cases.MEAN, replicates=200)
    again = y[indices(7, 200, context.generator("bootstrap humans 0"))]
    t = (again.mean(axis=1) - y.mean()) / (again.std(axis=1, ddof=1) / sqrt(7))
    expected = np.sort(y.mean() - t * context.standard_error)
    assert context.standard_error == pytest.approx(y.std(ddof=1) / sqrt(7))
    assert bootstrap_t.pivot(estimate, cases.MEAN, context).lower == pytest.approx(expected, rel=1e-9)


def test_the_replicates_are_those_of_a_loop_over_units() -> None:
    estimate = cases.estimate(simulate(4, (9, 8), 15, design="shared"))
    context = cases.context(estimate, cases.DIFFERENCE, replicates=60, seed=3)
    moved, variance = np.zeros(60), np.zeros(60)
    for group in influences(estimate, cases.DIFFERENCE):
        n = len(group.values)
        drawn = indices(n, 60, context.generator(f"bootstrap {group.source}"))
        for b, row in enumerate(drawn):
            again = [group.values[i] for i in row]
            moved[b] += sum(again) - sum(group.values)
            variance[b] += n * np.var(again, ddof=1)
    expected = np.sort(context.value - moved / np.sqrt(variance) * context.standard_error)
    found = bootstrap_t.pivot(estimate, cases.DIFFERENCE, context)
    assert found.lower is found.upper
    assert found.lower == pytest.approx(expected, rel=1e-9)


def test_replicates_without_variance_open_an_end() -> None:
    estimate = cases.answers(cases.yes_no(1, 8))
    found = bootstrap_t.pivot(estimate, cases.MEAN, cases.context(estimate, cases.MEAN, replicates=999))
    assert found.upper[-1] == inf  # a resample without the one yes
    assert found.bound(0.2, "upper") is None
    assert found.bound(0.2, "lower") is not None


def test_ratios_without_variance() -> None:
    t = bootstrap_t.studentised(np.array([2.0, -1.0, 1.0, 0.0]), np.array([4.0, 1e-12, 0.0, 0.0]), 1e-10)
    assert t.tolist() == [1.0, -inf, inf, 0.0]


def test_no_error_at_all_leaves_a_point() -> None:
    estimate = cases.answers([1.0, 2.0, 3.0])
    context = cases.context(estimate, cases.MEAN, replicates=20)
    still = type(context)(value=2.0, standard_error=0.0, df=2.0, replicates=20)
    assert bootstrap_t.pivot(estimate, cases.MEAN, still).lower.tolist() == [2.0] * 20


def test_moments_are_refused() -> None:
    sample = simulate(4, (9, 8), (15, 12)).sample()
    estimate = cases.fitted(as_moments(sample))
    with pytest.raises(UnsupportedCombination) as refused:
        bootstrap_t.pivot(estimate, cases.DIFFERENCE, cases.context(estimate, cases.DIFFERENCE))
    assert problems(refused.value) == [("/plan/interval", "rows_required")]


def coefficient(link=None):
    """The slope of x, with what its replicates need."""
    statistic = estimand("linear").statistic
    part = linearised(sample(table(), TERMS), TERMS, "exchangeability", statistic, Redraws(400, 0))[1]
    return cases.fitted(replace(part, link=link))


def test_coefficients_are_studentised_by_the_plain_variance_of_every_replicate() -> None:
    part = coefficient()
    context = cases.context(part, cases.MEAN, replicates=400)
    own = replicates(part, part.frame.sample.redraw, studentised=True)
    expected = context.value - own.moved / np.sqrt(own.variance) * np.sqrt(own.whole)
    assert bootstrap_t.pivot(part, cases.MEAN, context).lower == pytest.approx(np.sort(expected))
    assert 0.6 * context.standard_error**2 < own.whole < context.standard_error**2


def test_correlations_are_studentised_on_the_scale_of_fisher() -> None:
    part = coefficient("fisher_z")
    context = replace(cases.context(part, cases.MEAN, replicates=400), value=0.3)
    own = replicates(part, part.frame.sample.redraw, studentised=True)
    there = np.clip(0.3 + own.moved, -1.0 + 1e-12, 1.0 - 1e-12)
    t = (np.arctanh(there) - np.arctanh(0.3)) * (1.0 - there**2) / np.sqrt(own.variance)
    expected = np.sort(np.tanh(np.arctanh(0.3) - t * np.sqrt(own.whole) / (1.0 - 0.09)))
    found = bootstrap_t.pivot(part, cases.MEAN, context)
    assert found.bound(0.025, "lower") == pytest.approx(expected[int(np.ceil(0.025 * 401)) - 2], rel=1e-9)
    assert found.tail(expected[20], "lower") == pytest.approx(22.0 / 401.0, abs=1.1 / 401.0)
