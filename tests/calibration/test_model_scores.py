from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from service.calibration import model_scores
from service.calibration.estimate import Frame, human_only
from service.calibration.model_selection import selection
from service.calibration.variance import contrast_variance
from tests.calibration.studies import simulate
from tests.calibration.test_model_selection import ONE, generators


def scored(whole: Frame) -> tuple[model_scores.ModelScore, ...]:
    found = selection(whole, limited=False, seed=0)
    by_model = {m: model_scores.squares(found.of_model(m), ONE, "super") for m in whole.sample.models}
    return model_scores.scores(by_model, model_scores.squares(human_only(whole), ONE, "super"), 0.95)


def test_the_ratio_is_that_of_the_estimates_variances_and_ranks_follow() -> None:
    whole = Frame(simulate(3, (60,), 400, models=3).sample(), "exchangeability")
    found = selection(whole, limited=False, seed=0)
    ratio = {
        m: contrast_variance(found.of_model(m), ONE, "super")[0] / contrast_variance(human_only(whole), ONE, "super")[0]
        for m in whole.sample.models
    }
    scores = scored(whole)
    assert [s.model for s in scores] == sorted(ratio, key=ratio.__getitem__)
    assert [s.rank for s in scores] == [1, 2, 3]
    assert [s.variance_ratio for s in scores] == pytest.approx([ratio[s.model] for s in scores], rel=1e-12)
    assert [s.ratio_to_next for s in scores[:2]] == pytest.approx(
        [a.variance_ratio / b.variance_ratio for a, b in pairwise(scores)], rel=1e-12
    )
    assert (scores[2].ratio_to_next, scores[2].p_value) == (None, None)


def test_interval_and_p_value_are_the_delta_methods() -> None:
    rng = np.random.default_rng(0)
    own, other = rng.uniform(size=(2, 30)) ** 2
    first, second = model_scores.scores({"a": {"h": own}, "b": {"h": other}}, {"h": other}, 0.9)
    u = own / own.sum() - other / other.sum() if first.model == "a" else other / other.sum() - own / own.sum()
    error = np.sqrt(30 * np.var(u, ddof=1))
    t = np.log(first.ratio_to_next) / error
    assert first.p_value == pytest.approx(2 * stats.t.sf(abs(t), 29), rel=1e-10)
    last = second if first.model == "a" else first
    assert np.log([last.lower, last.upper]) == pytest.approx(
        np.log(last.variance_ratio) + np.array([-1, 1]) * stats.t.ppf(0.95, 29) * (0 if last.model == "b" else error),
        abs=1e-12,
    )


def test_against_the_best_all_pairs_hold_together() -> None:
    rng = np.random.default_rng(1)
    values = {m: {"h": size * rng.uniform(size=40) ** 2} for m, size in (("a", 1.0), ("b", 1.1), ("c", 9.0))}
    found = model_scores.scores(values, values["c"], 0.95)
    best, middle, last = found
    assert (best.to_best, last.model, last.to_best.beyond_noise) == (None, "c", True)
    own, other = (values[s.model]["h"] for s in (middle, best))
    u = own / own.sum() - other / other.sum()
    reach = stats.t.ppf(1 - 0.05 / 6, 39) * 1.5 * np.sqrt(40 * np.var(u, ddof=1))
    log_ratio = np.log(own.sum() / other.sum())
    against = middle.to_best
    assert np.log([against.value, against.lower, against.upper]) == pytest.approx(
        log_ratio + np.array([0.0, -reach, reach])
    )
    assert against.beyond_noise == (log_ratio > reach)


def test_identical_models_do_not_differ_and_no_variance_is_no_score() -> None:
    values = {"h": np.ones(5), "one": np.ones(1)}
    found = model_scores.scores({"a": values, "b": values}, values, 0.95)
    assert (found[0].ratio_to_next, found[0].p_value) == (1.0, 1.0)
    nothing = {"h": np.zeros(5)}
    assert model_scores.scores({"a": nothing, "b": values}, values, 0.95) == ()
    assert model_scores.variance_ratio(values, nothing) is None


def test_a_clear_difference_is_told_from_noise_and_equal_models_are_not() -> None:
    """Equal models differ at level .05 in at most 9 % of 120 studies (Monte Carlo error 2 %), .8 and 0 always."""
    rng, clear, noise = np.random.default_rng(2), 0, 0
    for _ in range(120):
        noise += scored(Frame(generators(rng, 40, 2), "exchangeability"))[0].p_value < 0.05
    for _ in range(20):
        first = scored(Frame(generators(rng, 100, 2, 0.8), "exchangeability"))[0]
        clear += first.model == "m1" and first.p_value < 0.05
    assert noise <= 0.09 * 120
    assert clear == 20
