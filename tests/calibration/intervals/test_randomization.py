from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pytest

from service.calibration.errors import UnsupportedCombination
from service.calibration.intervals import randomization
from service.calibration.sample import Units
from service.calibration.strata import expanded, stratified
from tests.calibration.intervals import cases
from tests.calibration.studies import as_moments, problems, simulate

T = cases.DIFFERENCE


def refused(estimate, contrast=T, **more) -> list[tuple[str, str]]:
    with pytest.raises(UnsupportedCombination) as found:
        randomization.pivot(estimate, contrast, cases.context(estimate, contrast, **more))
    return problems(found.value)


def test_human_only_p_values_are_those_of_all_assignments() -> None:
    """Studentised difference at no effect, all 252 assignments of 5 against 5, by hand."""
    control, treated = [3.1, 4.2, 2.7, 5.0, 3.3], [4.9, 5.8, 4.1, 6.6, 3.9]
    estimate = cases.answers(control, treated)
    context = cases.context(estimate, T)
    y = np.array(treated + control)

    def t(first) -> float:
        one, other = y[list(first)], np.delete(y, list(first))
        return (one.mean() - other.mean()) / np.sqrt(one.var(ddof=1) / 5 + other.var(ddof=1) / 5)

    every = np.array([t(first) for first in combinations(range(10), 5)])
    found = randomization.pivot(estimate, T, context)
    assert len(found.lower) == comb(10, 5) - 1
    assert found.tail(0.0, "lower") == (every >= every[0] - 1e-9).mean()
    assert found.tail(0.0, "upper") == (every <= every[0] + 1e-9).mean()


def test_the_estimate_is_inside_and_the_interval_near_the_t_interval() -> None:
    estimate = cases.twins(3, (40, 45))
    context = cases.context(estimate, T, population="sample")
    found = randomization.pivot(estimate, T, context)
    low, high = found.bound(0.025, "lower"), found.bound(0.025, "upper")
    assert low < context.value < high
    assert [low, high] == pytest.approx(
        [context.value - 2.0 * context.standard_error, context.value + 2.0 * context.standard_error],
        abs=0.25 * context.standard_error,
    )


def test_a_contrast_at_another_scale_scales_the_bounds() -> None:
    estimate = cases.twins(3)
    whole = randomization.pivot(estimate, T, cases.context(estimate, T, replicates=199))
    half = randomization.pivot(estimate, 0.5 * T, cases.context(estimate, 0.5 * T, replicates=199))
    assert half.lower == pytest.approx(0.5 * whole.lower, rel=1e-9)
    back = randomization.pivot(estimate, -T, cases.context(estimate, -T, replicates=199))
    assert np.isfinite(back.bound(0.1, "lower"))


def test_the_choice_of_auto_is_held_fixed() -> None:
    """An arm whose slope auto set to 0 has no slope in any re-assignment."""
    found = cases.estimate(simulate(21, (14, 16), design="shared", quality=0.25), "randomization", "auto")
    assert found.slope.any(axis=1).tolist() == [False, True]
    units = randomization._units(found, randomization.Cell(1, 0, 1.0))
    assert [x.shape[1] for x in units.x] == [3, 1]


def test_strata_are_dealt_apart_and_weighed() -> None:
    sample = simulate(5, (24, 26), design="shared").sample()
    stratum = tuple(np.arange(s.n) % 2 for s in sample.human if isinstance(s, Units))
    cells = stratified(replace(cases.coded(sample, stratum=stratum), strata=("a", "b")))
    contrast = expanded(T, np.array([0.3, 0.7]))
    estimate = cases.fitted(cells, "randomization")
    context = cases.context(estimate, contrast, replicates=299)
    found = randomization.pivot(estimate, contrast, context)
    assert found.bound(0.05, "lower") < context.value < found.bound(0.05, "upper")
    own = randomization._added(
        (made := randomization._cells(estimate, contrast)),
        [
            randomization.statistics(u, u.assignment[None])
            for u in (randomization._units(estimate, cell) for cell in made)
        ],
    )
    assert own.effect[0] == pytest.approx(context.value, rel=1e-9)
    assert len(found.lower) == 299  # never all assignments of one stratum


def test_clusters_are_dealt_as_wholes() -> None:
    sample = simulate(5, (12, 16), design="shared").sample()
    codes = (np.arange(12) // 2, 6 + np.arange(16) // 2)
    estimate = cases.fitted(cases.coded(sample, cluster=codes), "randomization", "human_only")
    found = randomization.pivot(estimate, T, cases.context(estimate, T, replicates=5000))
    assert len(found.lower) == comb(6 + 8, 6) - 1
    assert found.bound(0.1, "lower") < found.bound(0.1, "upper")
    spanning = cases.fitted(cases.coded(sample, cluster=(codes[0], codes[1] - 1)), "randomization", "human_only")
    assert refused(spanning) == [("/plan/interval", "unsupported_combination")]


def test_no_variance_at_all_leaves_the_estimate() -> None:
    sample = simulate(5, (6, 6), design="shared").sample()
    flat = replace(sample, human=tuple(replace(s, y=np.full(6, float(d))) for d, s in enumerate(sample.human)))
    estimate = cases.fitted(flat, "randomization", "human_only")
    found = randomization.pivot(estimate, T, cases.context(estimate, T, replicates=99))
    assert set(found.lower) == set(found.upper) == {1.0}


def test_what_cannot_be_dealt_again_is_refused() -> None:
    unsupported = [("/plan/interval", "unsupported_combination")]
    twins = simulate(5, (12, 16), 20, design="shared")
    independent = simulate(5, (12, 16), (20, 20))
    three = cases.twins(5, (9, 9, 9))
    assert refused(cases.estimate(twins)) == unsupported  # exchangeability
    assert refused(cases.estimate(independent)) == unsupported  # independent with slopes
    assert refused(cases.estimate(twins, "randomization", "ppi")) == unsupported  # slopes not its own
    assert refused(three, np.array([1.0, -0.5, -0.5])) == unsupported
    assert refused(three, np.array([1.0, 0.0, 0.0])) == unsupported
    assert refused(three, np.array([1.0, -0.9, 0.0])) == unsupported
    weighted = cases.coded(twins.sample(), weight=(np.linspace(1, 2, 12), np.linspace(1, 2, 16)))
    assert refused(cases.fitted(weighted, "randomization", "human_only")) == unsupported
    moments = cases.fitted(as_moments(twins.sample()), "randomization")
    assert refused(moments) == [("/plan/interval", "rows_required")]
    assert randomization.pivot(cases.estimate(independent, name="human_only"), T, cases.context(three, three.theta))
