from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from service.calibration.screenings.cross_weights import cross_weights, dealt
from service.calibration.screenings.expectation import EffectCalibration, LlmEffects, expectation
from service.calibration.screenings.weights import Rule, weights

COUNT, ERROR = 400, 0.14
RULE, STATED = Rule("benjamini_hochberg", 0.05), EffectCalibration(0.4, 0.15)
rng = np.random.default_rng(12)
LLM = LlmEffects(rng.normal(0, 0.6, COUNT), np.full(COUNT, 0.02))
FOLDS = dealt(COUNT, 5, 0)


def p_values(slope: float, spread: float) -> np.ndarray:
    effect = slope * LLM.estimate + np.random.default_rng(1).normal(0, spread, COUNT)
    return 2 * norm.sf(np.abs(effect / ERROR + np.random.default_rng(2).standard_normal(COUNT)))


def learned(p: np.ndarray, folds: np.ndarray = FOLDS) -> np.ndarray:
    return cross_weights(LLM, p, (STATED, ERROR), RULE, folds)


def test_folds_are_equal_in_size_seeded_and_never_more_than_hypotheses() -> None:
    assert np.bincount(FOLDS).tolist() == [80] * 5
    assert np.array_equal(FOLDS, dealt(COUNT, 5, 0))
    assert not np.array_equal(FOLDS, dealt(COUNT, 5, 1))
    assert sorted(dealt(3, 5, 0).tolist()) == [0, 1, 2]


def test_weights_of_a_fold_have_mean_one() -> None:
    found = learned(p_values(0.4, 0.05))
    assert np.bincount(FOLDS, weights=found) / 80 == pytest.approx(np.ones(5), rel=1e-12)


def test_no_p_value_moves_the_weights_of_its_own_fold() -> None:
    """The weights of a fold are bit for bit the same whatever the p-values in it."""
    p = p_values(0.4, 0.05)
    for fold in range(5):
        own = np.flatnonzero(fold == FOLDS)
        other = p.copy()
        other[own] = np.random.default_rng(fold).random(own.size)
        assert np.array_equal(learned(p)[own], learned(other)[own])


def test_only_that_a_p_value_is_below_the_error_rate_is_used() -> None:
    """What makes the false discovery rate exact: a rejected p-value moves no weight by how small it is."""
    p = p_values(0.4, 0.05)
    assert np.array_equal(learned(p), learned(np.where(p <= 0.05, 1e-30, p)))
    assert np.array_equal(learned(p), learned(np.where(p <= 0.05, 0.05, p)))


def test_a_worthless_llm_is_found_out_and_a_good_one_is_believed() -> None:
    """Weights spread less than those fixed beforehand when the LLM says nothing, and more when it is right."""
    worthless = np.where(np.arange(COUNT) % 5 == 0, 1e-4, np.random.default_rng(3).random(COUNT))
    fixed = weights(expectation(LLM, STATED, ERROR), RULE).std()
    assert learned(worthless).std() < fixed < learned(p_values(0.4, 0.02)).std()


def test_without_human_results_the_stated_calibration_is_taken() -> None:
    nothing = learned(np.full(COUNT, np.nan), np.zeros(COUNT, dtype=np.int64))
    assert nothing == pytest.approx(weights(expectation(LLM, STATED, ERROR), RULE), rel=1e-12)


def test_impossible_p_values_stay_finite() -> None:
    certain = LlmEffects(np.zeros(4), np.zeros(4))
    found = cross_weights(
        certain, np.array([0.0, 1.0, 0.0, np.nan]), (EffectCalibration(1, 0), 1e-9), RULE, dealt(4, 2, 0)
    )
    assert np.isfinite(found).all()
