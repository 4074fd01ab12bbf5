"""The calibrated distribution function against one calibration of the indicators per human answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.plan import Plan
from service.calibration.quantiles import distribution
from service.calibration.quantiles.distribution import COARSE, MOST, Way, curve, human_quantile, way
from service.calibration.sample import Sample, Units
from tests.calibration.quantiles.asking import resolved
from tests.calibration.quantiles.studies import SAMPLES, surveyed
from tests.calibration.studies import simulate

CLOSE = {"rel": 1e-10, "abs": 1e-12}


def brute(sample: Sample, arm: int, t: float, **plan):
    """The existing calibration of 1{y <= t} on 1{f <= t}, the arm alone unless predictions are shared."""
    predictions = [c.kind == "prediction" for c in sample.columns]

    def cut(units, outcome):
        if units is None:
            return None
        c = [
            (row + column.origin <= t + sample.origin).astype(float) if one else row
            for row, column, one in zip(units.c, sample.columns, predictions, strict=True)
        ]
        return replace(units, c=np.array(c), y=(units.y <= t).astype(float) if outcome else None)

    columns = tuple(replace(c, origin=0.0) if c.kind == "prediction" else c for c in sample.columns)
    whole = replace(
        sample,
        columns=columns,
        origin=0.0,
        human=tuple(cut(s, outcome=True) for s in sample.human),
        llm_only=tuple(cut(s, outcome=False) for s in sample.llm_only),
    )
    if not sample.shared:
        whole = replace(
            whole,
            arms=(sample.arms[arm],),
            human=(whole.human[arm],),
            llm_only=(whole.llm_only[arm],),
            pointers=(sample.pointers[arm],),
            columns=tuple(
                replace(
                    c,
                    n_missing_human=c.n_missing_human[arm : arm + 1],
                    n_missing_llm_only=c.n_missing_llm_only[arm : arm + 1],
                )
                for c in columns
            ),
        )
    answer = calibrate(whole, Plan(estimand="mean", interval="t", **plan))
    return next(e for e in answer.estimates if e.name == sample.arms[arm])


@pytest.mark.unwatched
@pytest.mark.parametrize("estimator", ["regression", "human_only", "ppi"])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_level_is_the_engines(name: str, estimator: str) -> None:
    sample = SAMPLES[name]
    drawn = resolved(sample, Plan(quantiles=(0.5,), estimator=estimator)).shares
    shares = None if drawn is None else dict(zip(sample.strata, drawn.tolist(), strict=True))
    found = resolved(sample, Plan(quantiles=(0.5,), estimator=estimator, stratum_shares=shares))
    for arm in range(len(sample.arms)):
        alone = np.eye(len(sample.arms))[arm]
        levels = curve(way(found.frame, found.cells(alone), estimator, "super", 0.5), [0.5])
        y = sample.human[arm].y
        assert levels.thresholds.tolist() == np.unique(y)[:-1].tolist()
        assert (levels.n, levels.last) == (len(y), y.max())
        for k in range(0, len(levels.thresholds), 3):
            block = brute(sample, arm, float(levels.thresholds[k]), estimator=estimator, stratum_shares=shares)
            result = block.result
            mine = [levels.levels.share[k], np.sqrt(levels.levels.variance[k]), levels.levels.df[k]]
            assert mine == pytest.approx([result.estimate, result.standard_error, result.df], **CLOSE)
            assert levels.levels.human[k] == pytest.approx(block.human_only.estimate, **CLOSE)


def test_the_humans_own_variance_moved_to_q_is_binomial() -> None:
    sample = SAMPLES["one"]
    found = resolved(sample, Plan(quantiles=(0.3,), estimator="human_only"))
    levels = curve(way(found.frame, np.ones(1), "human_only", "super", 0.3), [0.3])
    assert levels.variance_at(0.3) == pytest.approx(np.full(len(levels.thresholds), 0.3 * 0.7 / 40), rel=1e-12)


@pytest.mark.parametrize("name", ["one", "weights", "probabilities", "ties", "strata"])
def test_the_humans_quantile_is_where_their_own_shares_reach_q(name: str) -> None:
    found = resolved(SAMPLES[name], Plan(quantiles=(0.5,), estimator="human_only"))
    own = way(found.frame, found.cells(np.eye(len(found.sample.arms))[0]), "human_only", "super", 0.5)
    levels = curve(own, [0.5])
    for q in (0.1, 0.37, 0.8, 0.999999):
        reached = np.flatnonzero(levels.levels.human >= q - 1e-12)
        at = reached[0] if reached.size else -1
        assert human_quantile(own, q) == levels.thresholds[at]


def test_auto_decides_once_by_the_indicators_at_the_humans_quantile() -> None:
    good = simulate(21, (80,), 300).sample()
    worthless = simulate(22, (80,), 300, quality=0.0).sample()
    for sample, helped in ((good, True), (worthless, False)):
        found = resolved(sample, Plan(quantiles=(0.5,)))
        own = way(found.frame, np.ones(1), "auto", "super", 0.5)
        at = float(np.sort(sample.human[0].y)[39])
        fit = brute(sample, 0, at, estimator="auto")
        assert own.sloped == (helped,)
        assert (fit.verdict == "llm_used") is helped
        other = "regression" if helped else "human_only"
        same = curve(way(found.frame, np.ones(1), other, "super", 0.5), [0.5])
        assert curve(own, [0.5]).levels.share.tolist() == same.levels.share.tolist()


def test_an_arm_that_auto_leaves_human_only_stays_so_in_the_general_form() -> None:
    sample = surveyed(simulate(23, (60,), 300, quality=0.0).sample(), 1, weight=True)
    found = resolved(sample, Plan(quantiles=(0.5,)))
    own = way(found.frame, np.ones(1), "auto", "super", 0.5)
    assert own.sloped == (False,)
    assert curve(own, [0.5]).levels.share == pytest.approx(curve(own, [0.5]).levels.human, abs=1e-15)


def test_many_answers_are_thinned_outside_of_what_is_asked_and_ends_taken_outwards(monkeypatch) -> None:
    sample = surveyed(simulate(24, (700,), 900, outcome="skewed").sample(), 1, weight=True)
    found = resolved(sample, Plan(quantiles=(0.5,), estimator="regression"))
    own = way(found.frame, np.ones(1), "regression", "super", 0.5)
    thin = curve(own, [0.5])
    assert COARSE < len(thin.thresholds) < MOST
    distinct = np.unique(sample.human[0].y)
    places = np.searchsorted(distinct, thin.thresholds)
    assert thin.after.tolist() == distinct[places + 1].tolist()
    assert (thin.thresholds[0], thin.thresholds[-1]) == (distinct[0], distinct[-2])
    monkeypatch.setattr(distribution, "MOST", 1000)
    full = curve(own, [0.5])
    assert full.thresholds.tolist() == distinct[:-1].tolist()
    z = (full.levels.share - 0.5) / np.sqrt(full.variance_at(0.5))
    near = full.thresholds[np.abs(z) <= 5.0]
    assert set(near.tolist()) <= set(thin.thresholds.tolist())


def test_a_pool_that_moves_the_quantile_far_is_followed() -> None:
    """LLM-only units of another population: the estimate is far from the humans' own quantile, and found exactly."""
    study = simulate(25, (700,), 900)
    moved = replace(study, llm_only=tuple(c + 2.0 for c in study.llm_only)).sample()
    weighted = surveyed(moved, 1, weight=True)
    found = resolved(weighted, Plan(quantiles=(0.5,), estimator="regression"))
    own = way(found.frame, np.ones(1), "regression", "super", 0.5)
    thin = curve(own, [0.5])
    at = int(np.flatnonzero(thin.levels.share >= 0.5)[0])
    distinct = np.unique(weighted.human[0].y)
    place = int(np.searchsorted(distinct, thin.thresholds[at]))
    assert thin.thresholds[at] > human_quantile(own, 0.65)
    assert thin.thresholds[at - 1] == distinct[place - 1]


def test_a_way_knows_its_cells() -> None:
    found = resolved(SAMPLES["strata"], Plan(quantiles=(0.5,), estimator="human_only"))
    own = way(found.frame, found.cells(np.array([0.0, 1.0])), "human_only", "super", 0.5)
    assert isinstance(own, Way)
    assert own.cells == (0, 1)
    assert [isinstance(s, Units) for s in own.frame.sample.human] == [True, True]
