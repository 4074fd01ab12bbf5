"""LLM answers that know the arm: Hotelling's test by hand, how often it is wrong, what an answer then says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.diagnostics import balance
from service.calibration.diagnostics.balance import LEVEL, unbalanced
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.calibration.studies import Study, as_moments, simulate


def told(study: Study, arm: int, by: float) -> Study:
    """The study with all predictions for one arm's humans moved."""
    return replace(study, c=tuple(c + by if d == arm else c for d, c in enumerate(study.c)))


def hotelling(one: np.ndarray, other: np.ndarray) -> float:
    (p, n), m = one.shape, other.shape[1]
    gap = one.mean(axis=1) - other.mean(axis=1)
    scatter = sum(np.cov(c) * (c.shape[1] - 1) for c in (one, other))
    square = gap @ np.linalg.solve(scatter / (n + m - 2) * (1 / n + 1 / m), gap)
    return float(stats.f.sf(square * (n + m - p - 1) / ((n + m - 2) * p), p, n + m - p - 1))


def test_the_level_is_that_of_hotellings_test() -> None:
    study = simulate(1, (30, 34), 40, design="shared")
    near = [told(study, 1, by) for by in np.linspace(0.4, 1.4, 41)]
    p_values = [hotelling(s.c[0], s.c[1]) for s in near]
    assert min(p_values) < LEVEL < max(p_values)
    assert [unbalanced(s.sample()) for s in near] == [p < LEVEL for p in p_values]
    assert [unbalanced(as_moments(s.sample())) for s in near] == [p < LEVEL for p in p_values]


@pytest.mark.parametrize("arm", [0, 1, 2])
def test_any_arm_of_three_may_be_the_one_that_is_known(arm: int) -> None:
    study = simulate(2, (40, 40, 40), 60, design="shared")
    assert not unbalanced(study.sample())
    assert unbalanced(told(study, arm, 1.5).sample())
    assert unbalanced(told(told(study, arm, 1.2), (arm + 1) % 3, -1.2).sample())


def test_what_differs_by_right_is_not_looked_at() -> None:
    own = told(simulate(3, (40, 40), (60, 60)), 1, 3.0).sample()
    assert not unbalanced(own)
    shared = told(simulate(3, (40, 40), 60, design="shared"), 1, 3.0).sample()
    for mine in (weighted(shared), replace(shared, strata=("a", "b"))):
        assert not unbalanced(mine)
    assert unbalanced(shared)


def weighted(sample: Sample) -> Sample:
    return replace(sample, human=tuple(replace(u, weight=np.ones(u.n)) for u in sample.human))


def test_chance_alone_is_called_one_time_in_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a level of .05, to count with: 400 studies, Monte Carlo error .011."""
    monkeypatch.setattr(balance, "LEVEL", 0.05)
    found = [unbalanced(simulate(seed, (12, 15), 20, design="shared").sample()) for seed in range(400)]
    assert np.mean(found) == pytest.approx(0.05, abs=0.033)


def test_estimates_from_answers_that_know_the_arm_are_exploratory() -> None:
    study = simulate(4, (60, 60), 80, design="shared")
    sound, known = study.sample(), told(study, 1, 1.0).sample()
    assert says(calibrate(sound, Plan())) == ("confirmatory", [])
    assert says(calibrate(known, Plan())) == ("exploratory", ["predictions_differ_by_arm"])
    assert says(calibrate(known, Plan(quantiles=(0.5,))))[0] == "exploratory"
    assert says(calibrate(known, Plan(estimator="human_only"))) == ("confirmatory", [])


def says(answer: Answer) -> tuple[str, list[str]]:
    return answer.estimates[0].claim, [w.code for w in answer.warnings if w.code == "predictions_differ_by_arm"]
