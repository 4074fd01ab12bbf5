from __future__ import annotations

import numpy as np
import pytest

from service.calibration.sample import Sample
from service.calibration.samples import Block, Samples, blocks_of, counted
from tests.calibration.studies import simulate

EACH = [simulate(k).sample() for k in range(5)]
BLOCK = Block((1, 3, 4), ("b", "d", "e"), ("m",) * 3, (), np.zeros(3), np.zeros(3), ((),) * 3)


def several(asked: list[int]) -> Samples:
    def make(place: int) -> Sample:
        asked.append(place)
        return EACH[place]

    return Samples(5, (BLOCK,), {0: EACH[0], 2: EACH[2]}, make)


def test_samples_are_made_once_when_asked_for() -> None:
    asked: list[int] = []
    samples = several(asked)
    assert len(samples) == 5
    assert samples[0] is EACH[0]
    assert asked == []
    assert samples[-1] is EACH[4]
    assert samples[4] is EACH[4]
    assert asked == [4]
    assert all(a is b for a, b in zip(samples[1:3], EACH[1:3], strict=True))
    assert all(a is b for a, b in zip(samples, EACH, strict=True))
    assert asked == [4, 1, 3]
    with pytest.raises(IndexError):
        samples[5]


def test_a_block_is_counted_by_its_first_sample() -> None:
    asked: list[int] = []
    assert [(id(s), n) for s, n in counted(several(asked))] == [(id(EACH[k]), n) for k, n in ((0, 1), (1, 3), (2, 1))]
    assert asked == [1]
    assert [n for _, n in counted(EACH)] == [1] * 5


def test_plain_samples_have_no_blocks() -> None:
    assert blocks_of(several([])) == (BLOCK,)
    assert blocks_of(EACH) == blocks_of(tuple(EACH)) == ()
