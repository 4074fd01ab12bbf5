from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.moments import Moments
from service.calibration.sample import Units
from tests.calibration.studies import as_moments, simulate

TWINS = simulate(1, (5, 6), 7, design="shared", models=2)
ARMS = simulate(1, (5, 6, 7), (3, 4, 5), models=2)


def test_units_count_themselves() -> None:
    assert Units(np.zeros((2, 5))).n == 5


def test_shared_needs_two_arms() -> None:
    assert TWINS.sample().shared
    assert not ARMS.sample().shared
    assert not replace(simulate(1, (5,), 4), design="shared").sample().shared


def test_pools_and_models() -> None:
    assert [TWINS.sample().pool_of(d) for d in (0, 1)] == [0, 0]
    assert [ARMS.sample().pool_of(d) for d in (0, 1, 2)] == [0, 1, 2]
    assert TWINS.sample().models == ("m0", "m1")


def test_rows_moments_clusters() -> None:
    sample = ARMS.sample()
    assert sample.has_rows
    assert not sample.clustered
    assert not as_moments(sample).has_rows
    assert not as_moments(sample).clustered
    codes = [replace(s, cluster=np.zeros(s.n, dtype=np.int64)) for s in sample.human]
    assert replace(sample, human=tuple(codes)).clustered


def test_with_columns_keeps_what_is_asked() -> None:
    sample = TWINS.sample()
    assert sample.with_columns(range(4)) is sample
    seen = sample.with_columns([2, 3])
    assert seen.models == ("m1",)
    assert seen.human[0].c.tolist() == sample.human[0].c[2:].tolist()
    assert seen.human[0].y is sample.human[0].y
    assert seen.llm_only[0].c.tolist() == sample.llm_only[0].c[2:].tolist()


def test_with_columns_of_moments_keeps_the_outcome_first() -> None:
    sample = as_moments(ARMS.sample())
    seen = sample.with_columns([1])
    assert isinstance(seen.human[0], Moments)
    assert seen.human[0].mean.tolist() == sample.human[0].mean[[0, 2]].tolist()
    assert seen.llm_only[0].mean.tolist() == sample.llm_only[0].mean[[1]].tolist()
    assert simulate(1, (5,)).sample().with_columns([]).llm_only == (None,)


@pytest.mark.parametrize("study", [ARMS, simulate(1, (5, 6, 7), 4, design="shared")], ids=["independent", "shared"])
def test_reordered_moves_everything_that_belongs_to_an_arm(study) -> None:
    sample = study.sample()
    counted = tuple(
        replace(c, n_missing_human=(10, 11, 12), n_missing_llm_only=tuple(range(len(sample.llm_only))))
        for c in sample.columns
    )
    moved = replace(sample, columns=counted).reordered([2, 0, 1])
    assert moved.arms == ("third", "control", "treatment")
    assert [s.n for s in moved.human] == [7, 5, 6]
    assert moved.pointers == ("/data/arms/2/human", "/data/arms/0/human", "/data/arms/1/human")
    assert moved.columns[0].n_missing_human == (12, 10, 11)
    shared = sample.shared
    assert [s.n for s in moved.llm_only] == ([4] if shared else [5, 3, 4])
    assert moved.columns[0].n_missing_llm_only == ((0,) if shared else (2, 0, 1))


def test_the_same_order_is_the_same_sample() -> None:
    sample = ARMS.sample()
    assert sample.reordered([0, 1, 2]) is sample
    uncounted = replace(sample, columns=tuple(replace(c, n_missing_human=()) for c in sample.columns))
    assert uncounted.reordered([1, 0, 2]).columns == uncounted.columns


def test_what_goes_beyond_the_humans() -> None:
    assert TWINS.sample().goes_beyond_humans
    alone = replace(TWINS, llm_only=(None,))
    assert not alone.sample().goes_beyond_humans
    known = replace(alone, columns=(replace(TWINS.columns[0], population_mean=0.0), *TWINS.columns[1:]))
    assert known.sample().goes_beyond_humans
    assert ARMS.sample().goes_beyond_humans


def test_a_model_that_skipped_an_arm_does_not_enter_the_mean_over_models() -> None:
    """Else a contrast would be one model's answer in one arm minus another model's in the other."""
    three = replace(TWINS.with_c(lambda c: c[:3]), columns=TWINS.columns[:3])
    assert three.sample().directions.tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert three.sample().direction("m1").tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    halves = replace(TWINS.with_c(lambda c: c[[0, 3]]), columns=(TWINS.columns[0], TWINS.columns[3]))
    assert not halves.sample().directions.any()
