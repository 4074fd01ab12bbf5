from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.diagnostics.congruence import congruence
from service.calibration.diagnostics.items import Items
from tests.coverage.structure import Cell, made


def items(**more) -> Items:
    return made(replace(Cell("", 200, human=0.5, llm=0.5), **more), np.random.default_rng(0))


def by_hand(data: Items) -> float:
    loadings = []
    for rows in (data.y, data.f):
        values, vectors = np.linalg.eigh(np.corrcoef(rows))
        loadings.append(np.sqrt(values[-1]) * vectors[:, -1])
    x, y = loadings
    return abs(x @ y) / np.sqrt((x @ x) * (y @ y))


@pytest.mark.parametrize("m", [0, 300])
def test_it_is_tuckers_coefficient_of_the_loadings(m) -> None:
    data = items(m=m)
    found = congruence(data, 0.95, np.random.default_rng(1))
    assert found.value == pytest.approx(by_hand(data))
    assert found.value > 0.98
    assert 0.95 < found.interval.lower < found.interval.upper <= 1.0


def test_another_factor_is_seen() -> None:
    data = items()
    split = data.f.copy()
    split[:3] = np.random.default_rng(3).normal(size=(3, 200))
    found = congruence(replace(data, f=split), 0.95, np.random.default_rng(1))
    assert found.value == pytest.approx(by_hand(replace(data, f=split)))
    assert found.value < 0.85


def test_pairs_are_drawn_together_and_clusters_whole() -> None:
    data = items(n=40)
    copy = congruence(replace(data, f=data.y), 0.95, np.random.default_rng(1))
    assert (copy.interval.lower, copy.interval.upper) == pytest.approx((1.0, 1.0))
    alone = congruence(data, 0.95, np.random.default_rng(1))
    twice = replace(data, y=np.tile(data.y, 4), f=np.tile(data.f, 4), cluster=np.tile(np.arange(40), 4))
    together = congruence(twice, 0.95, np.random.default_rng(1))
    assert together.value == pytest.approx(alone.value)
    assert (together.interval.lower, together.interval.upper) == pytest.approx(
        (alone.interval.lower, alone.interval.upper)
    )


def test_clustered_units_that_are_no_pairs_have_no_interval_and_rare_answers_do_not_break_it() -> None:
    assert congruence(replace(items(m=50), clustered=True), 0.95, np.random.default_rng(1)).interval is None
    rare = items(n=12)
    y = rare.y.copy()
    y[0] = 0.0
    y[0, 0] = 1.0
    found = congruence(replace(rare, y=y), 0.95, np.random.default_rng(1))
    assert np.isfinite([found.value, found.interval.lower, found.interval.upper]).all()
