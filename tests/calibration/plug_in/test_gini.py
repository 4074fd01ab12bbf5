"""Gini index: all pairs, its influence by derivatives, its ends, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from service.calibration.errors import CalibrationError
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.plug_in import gini
from tests.calibration import plug_ins


def by_pairs(y: np.ndarray, weight: np.ndarray) -> float:
    """The index over pairs of different units."""
    w = weight / weight.sum()
    pairs = np.abs(y[:, None] - y) * np.outer(w, w)
    return float(pairs.sum() / (1.0 - w @ w) / (2.0 * (w @ y)))


def fitted(y, weight):
    return gini.STATISTIC.fitter(y[None], plug_ins.design(None, n=y.size), weight)


def test_it_is_that_of_all_pairs_and_its_influence_a_derivative() -> None:
    rng = np.random.default_rng(1)
    y, weight = np.round(rng.exponential(size=25), 1), rng.uniform(0.5, 2.0, 25)  # with ties
    index = by_pairs(y, weight)
    fit = fitted(y, weight)
    assert 1.0 / (1.0 + exp(-fit.theta[0])) == pytest.approx(index, rel=1e-12)
    assert float(fit.influence[0] @ weight) == pytest.approx(0.0, abs=1e-9)
    share = weight / weight.sum()
    divisor = 1.0 - share @ share

    def logit(w):
        w = w / w.sum()
        g = by_pairs(y, w) * (1.0 - w @ w) / divisor
        return log(g / (1.0 - g))

    for i in (0, 7, 21):
        assert plug_ins.derivative(logit, weight, i) == pytest.approx(fit.influence[0, i], rel=1e-5, abs=1e-7)


def test_known_values_and_the_answer() -> None:
    assert gini.distances(np.array([1.0, 2.0, 4.0]), np.full(3, 1 / 3)) == pytest.approx([4 / 3, 1.0, 5 / 3])
    data = plug_ins.table(2)
    found = plug_ins.answered(data, "gini").estimates[0]
    y = plug_ins.humans(data)[0]
    assert found.human_only.estimate == pytest.approx(by_pairs(y, np.ones(y.size)), rel=1e-12)
    assert 0.0 < found.result.interval.lower < found.result.estimate < found.result.interval.upper < 1.0
    assert found.variance_ratio < 1.0


def test_any_unit_of_money() -> None:
    data = plug_ins.table(3)
    cents = replace(
        data,
        outcomes=(("y", 100.0 * data.outcomes[0][1]),),
        predictions=(PredictionColumn(100.0 * data.predictions[0].values, "gpt"),),
    )
    one, other = (plug_ins.answered(d, "gini").estimates[0].result for d in (data, cents))
    assert other.estimate == pytest.approx(one.estimate, rel=1e-10)


def test_the_ends_have_no_logit() -> None:
    weight = np.ones(5)
    for y, end in ((np.full(5, 2.0), -700.0), (np.array([0.0, 0.0, 0.0, 0.0, 3.0]), 700.0)):
        fit = fitted(y, weight)
        assert (fit.theta[0], fit.converged, float(np.abs(fit.influence).max())) == (end, False, 0.0)


def test_debts_and_a_single_owner_are_refused() -> None:
    data = plug_ins.table(4)
    y = data.outcomes[0][1]
    alone = np.where(np.isnan(y), y, 0.0)
    alone[3] = 5.0
    for outcome in (y - 11.0, alone):
        with pytest.raises(CalibrationError) as refused:
            plug_ins.answered(replace(data, outcomes=(("y", outcome),)), "gini")
        assert [(p.pointer, p.code) for p in refused.value.problems] == [("/data/outcomes/y", "outside_range")]
