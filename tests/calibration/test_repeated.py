from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.repeated import LOOKED_AT, REGULAR, doubts, repeats
from service.calibration.sample import Sample
from tests.calibration.studies import as_moments, simulate

PLAIN = simulate(31, (60,), 200)
TIMES = 3


def codes(sample: Sample) -> list[tuple[str, str]]:
    return [(w.code, w.pointer) for w in doubts(sample)]


def copied(sample: Sample, *, humans: bool = False, others: bool = False, times: int = TIMES) -> Sample:
    """The same with every row of the humans, or of the LLM-only units, several times."""
    human, only = sample.human, sample.llm_only
    if humans:
        human = tuple(replace(u, c=np.repeat(u.c, times, axis=1), y=np.repeat(u.y, times)) for u in human)
    if others:
        only = tuple(replace(u, c=np.tile(u.c, times)) for u in only)
    return replace(sample, human=human, llm_only=only)


def test_people_and_personas_who_stand_several_times_are_told() -> None:
    sample = PLAIN.sample()
    assert codes(sample) == []
    assert codes(copied(sample, humans=True)) == [("repeated_rows", "/data")]
    assert codes(copied(sample, others=True)) == [("repeated_rows", "/data/predictions")]
    (warned,) = doubts(copied(sample, others=True))
    assert warned.message.startswith("600 rows of LLM-only units are 200 different ones")
    assert len(codes(copied(sample, humans=True, others=True))) == 2


def test_where_rows_may_repeat_or_are_not_there_nothing_is_said() -> None:
    sample = copied(PLAIN.sample(), humans=True)
    clustered = tuple(replace(u, cluster=np.arange(u.n) // TIMES) for u in sample.human)
    assert codes(replace(sample, human=clustered, llm_only=(None,))) == []
    assert codes(as_moments(sample)) == []
    assert codes(replace(PLAIN.sample(), human=(replace(PLAIN.sample().human[0], c=np.zeros((0, 60))),))) == []


def test_of_a_large_source_the_first_rows_are_looked_at() -> None:
    many = simulate(32, (60,), 2 * LOOKED_AT)
    sample = many.sample()
    next_to_each_other = tuple(replace(u, c=np.repeat(u.c, 2, axis=1)) for u in sample.llm_only)
    assert len(codes(replace(sample, llm_only=next_to_each_other))) == 1
    assert codes(copied(sample, others=True)) == []


@pytest.mark.parametrize("cells", [12, 40, 125, 625])
@pytest.mark.parametrize("even", [True, False], ids=["even", "uneven"])
def test_scales_of_few_values_are_told_as_seldom_as_promised(cells: int, even: bool) -> None:
    """2,000 studies of 200 rows that fall on cells by chance; .001 promised, Monte Carlo error .0007."""
    rng = np.random.default_rng(33)
    chances = np.full(cells, 1.0 / cells) if even else rng.dirichlet(np.ones(cells))
    drawn = rng.multinomial(200, chances, size=2000)
    assert sum(repeats(row[row > 0]) for row in drawn) / 2000 <= REGULAR + 3 * 0.0007


@pytest.mark.parametrize("counts", [np.full(10, 2), np.full(54, 10), np.array([9, 10, 11] * 20)])
def test_equal_counts_are_no_chance(counts: np.ndarray) -> None:
    assert repeats(counts)
    assert not repeats(counts[:9])


def test_rows_of_which_most_stand_alone_are_no_copies() -> None:
    assert not repeats(np.array([1] * 50 + [2] * 20))
