"""LLM answers far from all others: which are, which are not, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.outlying import LOOKED_AT, doubts, far_off
from service.calibration.plan import Plan
from tests.calibration.studies import as_moments, simulate

LIKERT = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], 20)


@pytest.mark.parametrize(
    ("values", "count"),
    [
        pytest.param(LIKERT, 0, id="none"),
        pytest.param(np.append(LIKERT, 99.0), 1, id="a code above"),
        pytest.param(np.append(LIKERT, [-99.0, 99.0]), 2, id="codes on both sides"),
        pytest.param(np.append(LIKERT, np.full(9, 99.0)), 9, id="not quite a tenth"),
        pytest.param(np.append(LIKERT, np.full(30, 99.0)), 0, id="so many that they are a kind of answer"),
        pytest.param(np.append(LIKERT, 42.0), 0, id="just within: 3 + 20 x 2 = 43"),
        pytest.param(np.append(LIKERT, 44.0), 1, id="just beyond"),
        pytest.param((np.arange(100) < 3).astype(float), 0, id="a rare yes"),
        pytest.param(1e9 + LIKERT, 0, id="a large level"),
        pytest.param(np.array([1.0, 2.0]), 0, id="two answers"),
        pytest.param(np.zeros(1), 0, id="one answer"),
    ],
)
def test_what_is_far_off(values: np.ndarray, count: int) -> None:
    assert far_off(values) == count
    assert far_off(7.0 - 3.0 * values) == count


def test_normal_answers_never_are_and_log_normal_ones_seldom() -> None:
    rng = np.random.default_rng(1)
    assert sum(far_off(rng.normal(size=300)) > 0 for _ in range(1000)) == 0
    share = np.mean([far_off(np.exp(rng.normal(size=300))) > 0 for _ in range(1000)])
    assert share == pytest.approx(0.07, abs=0.025)  # Monte Carlo error .008


def test_the_column_is_named_with_its_count_and_humans_answers_are_not_judged() -> None:
    plain = simulate(3, (40, 40), (60, 60), covariates=1).sample()
    assert doubts(plain) == []
    only = plain.llm_only[1]
    c = only.c.copy()
    c[0, :2] = 99.0
    c[1, 3] = 1e6
    sample = replace(plain, llm_only=(plain.llm_only[0], replace(only, c=c)))
    (said,) = doubts(sample)
    assert (said.code, said.pointer) == ("outlying_predictions", sample.columns[0].pointer)
    assert said.message.startswith("2 of 200 LLM answers in ")
    assert "outlying_predictions" in [w.code for w in calibrate(sample, Plan()).warnings]
    alone = calibrate(sample, Plan(estimator="human_only"))
    assert "outlying_predictions" not in [w.code for w in alone.warnings]
    assert doubts(as_moments(sample)) == []


def test_of_many_units_some_thousands_are_looked_at() -> None:
    plain = simulate(4, (30,), 4 * LOOKED_AT).sample()
    only = plain.llm_only[0]
    c = only.c.copy()
    c[0, ::53] = 99.0
    (said,) = doubts(replace(plain, llm_only=(replace(only, c=c),)))
    off, looked_at = (int(word) for word in said.message.split()[0:3:2])
    assert looked_at == 30 + 4 * LOOKED_AT // 5
    assert off == pytest.approx(looked_at / 53, abs=2)
