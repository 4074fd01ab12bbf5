from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import UnsupportedCombination
from service.calibration.estimands import estimand
from service.calibration.intervals import bootstrap
from service.calibration.linearised import linearised
from service.calibration.redrawing import Redraws
from service.calibration.replicates import replicates
from service.calibration.resampling import indices
from service.calibration.variance import influences
from tests.calibration.intervals import cases
from tests.calibration.models import TERMS, sample, table
from tests.calibration.studies import as_moments, problems, simulate


def loop(estimate, contrast, context) -> list[float]:
    """Every replicate unit by unit, with the draws of the method."""
    totals = [context.value] * context.replicates
    for group in influences(estimate, contrast, context.population):
        n = len(group.values)
        drawn = indices(n, context.replicates, context.generator(f"bootstrap {group.source}"))
        for b, row in enumerate(drawn):
            totals[b] += sum(group.values[i] for i in row) - group.values.sum()
    return sorted(totals)


@pytest.mark.parametrize("population", ["super", "sample"])
@pytest.mark.parametrize("design", ["independent", "shared"])
def test_the_replicates_are_those_of_a_loop_over_units(design: str, population: str) -> None:
    estimate = cases.estimate(simulate(4, (9, 8), 15 if design == "shared" else (15, 12), design=design))
    context = cases.context(estimate, cases.DIFFERENCE, replicates=60, seed=3, population=population)
    found = bootstrap.pivot(estimate, cases.DIFFERENCE, context)
    assert found.lower is found.upper
    assert found.lower == pytest.approx(loop(estimate, cases.DIFFERENCE, context), rel=1e-11)


def test_the_human_only_mean_moves_as_the_mean_of_resampled_answers() -> None:
    y = [3.0, 4.5, 2.2, 8.1, 4.4, 5.9]
    estimate = cases.answers(y)
    context = cases.context(estimate, cases.MEAN, replicates=200)
    drawn = indices(6, 200, context.generator("bootstrap humans 0"))
    means = np.array(y)[drawn].mean(axis=1)
    expected = np.mean(y) + (means - np.mean(y)) * np.sqrt(6 / 5)
    assert bootstrap.pivot(estimate, cases.MEAN, context).lower == pytest.approx(np.sort(expected), rel=1e-11)


def test_the_spread_of_the_replicates_is_the_standard_error() -> None:
    estimate = cases.estimate(simulate(4, (60, 50), (400, 300)))
    context = cases.context(estimate, cases.DIFFERENCE, replicates=20_000)
    draws = bootstrap.pivot(estimate, cases.DIFFERENCE, context).lower
    assert draws.mean() == pytest.approx(context.value, abs=3e-3 * context.standard_error * 7)
    assert draws.std() == pytest.approx(context.standard_error, rel=0.03)


def test_moments_are_refused() -> None:
    study = simulate(4, (9, 8), (15, 12))
    estimate = cases.estimate(study)
    context = cases.context(estimate, cases.DIFFERENCE)
    without_rows = cases.fitted(as_moments(study.sample()))
    with pytest.raises(UnsupportedCombination) as refused:
        bootstrap.pivot(without_rows, cases.DIFFERENCE, context)
    assert problems(refused.value) == [("/plan/interval", "rows_required")]


@pytest.mark.parametrize("column", ["cluster", "weight"])
def test_the_survey_design_is_resampled_as_it_is(column: str) -> None:
    """Whole clusters, and weighted units, have the spread of their standard error."""
    sample = simulate(4, (60, 50)).sample()
    sizes = [source.n for source in sample.human]
    if column == "cluster":
        codes = [np.arange(60) // 3, 20 + np.arange(50) // 2]
        shifted = [replace(s, y=s.y + 2.0 * np.sin(c)) for s, c in zip(sample.human, codes, strict=True)]
        sample = replace(sample, human=tuple(shifted))
    else:
        codes = [np.linspace(0.5, 2.0, size) for size in sizes]
    estimate = cases.fitted(cases.coded(sample, **{column: codes}), name="human_only")
    context = cases.context(estimate, cases.DIFFERENCE, replicates=20_000)
    groups = [group.values.shape[0] for group in influences(estimate, cases.DIFFERENCE)]
    assert groups == ([45] if column == "cluster" else sizes)
    draws = bootstrap.pivot(estimate, cases.DIFFERENCE, context).lower
    assert draws.std() == pytest.approx(context.standard_error, rel=0.03)


def test_coefficients_are_made_again_in_every_replicate() -> None:
    part = coefficient()
    context = cases.context(part, cases.MEAN, replicates=400)
    own = replicates(part, part.frame.sample.redraw, studentised=False)
    assert bootstrap.pivot(part, cases.MEAN, context).lower == pytest.approx(np.sort(context.value + own.moved))


def coefficient(link=None):
    """The slope of x, with what its replicates need."""
    statistic = estimand("linear").statistic
    part = linearised(sample(table(), TERMS), TERMS, "exchangeability", statistic, Redraws(400, 0))[1]
    return cases.fitted(replace(part, link=link))


def test_correlations_stay_inside_of_one() -> None:
    part = coefficient("fisher_z")
    context = replace(cases.context(part, cases.MEAN, replicates=400), value=0.95)
    found = bootstrap.pivot(part, cases.MEAN, context)
    assert found.lower.min() > -1.0
    assert found.upper.max() == 1.0
