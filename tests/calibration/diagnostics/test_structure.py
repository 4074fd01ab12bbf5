from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.diagnostics.items import Items
from service.calibration.diagnostics.structure import equality_test, largest_gap, rms_gap, structure
from tests.coverage.structure import Cell, made

PAIRS, APART = Cell("", 60, llm=0.6), Cell("", 60, 80, llm=0.6)


def items(cell: Cell = PAIRS, seed: int = 0) -> Items:
    return made(cell, np.random.default_rng(seed))


@pytest.mark.parametrize("cell", [PAIRS, APART])
def test_gaps_are_differences_of_correlations_and_means_of_scores(cell) -> None:
    data = items(cell)
    found = structure(data)
    a, b = np.triu_indices(5, 1)
    assert found.r_human == pytest.approx(np.corrcoef(data.y)[a, b])
    assert found.r_llm == pytest.approx(np.corrcoef(data.f)[a, b])
    human = 0.0 if found.human is None else found.human.mean(axis=0)
    assert found.gap == pytest.approx(found.llm.mean(axis=0) - human)
    assert found.names[:2] == (("q0", "q1"), ("q0", "q2"))
    assert found.t == pytest.approx(found.gap / found.error)
    assert found.error == pytest.approx(np.sqrt(np.square(found.noise).sum(axis=0)), rel=0.4)


def test_noise_is_that_of_refitted_studies() -> None:
    """Standard errors of 400 studies against the spread of their gaps: within 10 %."""
    for cell in (replace(PAIRS, n=200), replace(APART, n=150, m=300)):
        rng = np.random.default_rng(7)
        found = [structure(made(cell, rng)) for _ in range(400)]
        told = np.mean([np.square(f.noise).sum(axis=0) for f in found])
        assert told == pytest.approx(np.var([f.gap for f in found], axis=0).mean(), rel=0.1)


@pytest.mark.parametrize("cell", [PAIRS, APART])
def test_permutations_keep_the_data_and_centre_on_no_gap(cell) -> None:
    found = structure(items(cell))
    drawn = found.permuted(np.random.default_rng(1))
    assert abs(drawn.mean()) < 0.1
    assert drawn.std() == pytest.approx(1.0, abs=0.1)


def test_answers_in_any_unit_and_reversed_on_both_sides_are_the_same() -> None:
    data = items()
    again = replace(data, y=-3.0 * data.y + 7, f=-0.2 * data.f)
    one, other = (equality_test(structure(d), np.random.default_rng(0)) for d in (data, again))
    assert one == other < 0.05


def test_copies_have_no_gap() -> None:
    data = items()
    found = structure(replace(data, f=2.0 * data.y))
    assert equality_test(found, np.random.default_rng(0)) == 1.0
    assert rms_gap(found, 0.95, 1.0).value == pytest.approx(0.0, abs=1e-12)


def test_a_cluster_counts_once() -> None:
    data = items(replace(PAIRS, n=40, llm=0.3))
    twice = replace(data, y=np.tile(data.y, 5), f=np.tile(data.f, 5), cluster=np.tile(np.arange(40), 5))
    assert structure(twice).t == pytest.approx(structure(data).t)
    assert structure(twice).gap == pytest.approx(structure(data).gap)
    assert np.square(structure(twice).noise).sum() == pytest.approx(np.square(structure(data).noise).sum())


def test_the_typical_gap_is_without_what_noise_adds() -> None:
    """Over 300 studies the mean square is that of the truth, where the plain one has the noise on top."""
    rng, cell = np.random.default_rng(3), replace(APART, n=100, m=100, human=0.3, llm=0.5)
    squares, plain = [], []
    for _ in range(300):
        found = structure(made(cell, rng))
        squares.append(np.mean(found.gap**2) - np.square(found.noise).sum() / found.gap.size)
        assert rms_gap(found, 0.9, 0.5).value == pytest.approx(np.sqrt(max(0.0, squares[-1])))
        plain.append(np.mean(found.gap**2))
    assert np.mean(squares) == pytest.approx(0.04, abs=0.004)
    assert np.mean(plain) > 0.047


def test_the_largest_gap_is_found_with_an_interval_that_pays_for_looking() -> None:
    data = items(replace(PAIRS, n=300, human=0.3, llm=0.3))
    broken = data.f.copy()
    broken[4] = np.random.default_rng(2).normal(size=300) + broken[1]
    found = structure(replace(data, f=broken))
    measure, place = largest_gap(found, 0.95, np.random.default_rng(0))
    assert measure.name == "largest_gap[q1, q4]"
    assert found.names[place] == ("q1", "q4")
    assert measure.p_value == 0.001
    assert 2.3 < (measure.interval.upper - measure.value) / found.error[place] < 3.2
