from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import NotIdentified
from service.calibration.estimate import Frame
from service.calibration.estimators.regression import fit
from tests.calibration.studies import Study, problems, simulate

T = np.array([-1.0, 1.0])
ARMS = simulate(2, (12, 14), (20, 25), models=2)


def frame(study: Study) -> Frame:
    return Frame(study.sample(), "exchangeability")


def test_every_arm_is_on_its_own_slope() -> None:
    estimate = fit(frame(ARMS), T)
    assert estimate.fixed == (False, False)
    for d, (y, c) in enumerate(zip(ARMS.y, ARMS.c, strict=True)):
        beta = np.linalg.lstsq(np.column_stack([np.ones(len(y)), c.T]), y)[0]
        pool = np.hstack([c, ARMS.llm_only[d]]).mean(axis=1)
        assert estimate.slope[d] == pytest.approx(beta[1:])
        assert estimate.theta[d] == pytest.approx(beta[0] + beta[1:] @ pool)


def test_an_arm_without_a_pool_is_human_only() -> None:
    estimate = fit(frame(replace(ARMS, llm_only=(None, ARMS.llm_only[1]))), T)
    assert estimate.fixed == (True, False)
    assert estimate.theta[0] == pytest.approx(ARMS.y[0].mean())


def test_an_outcome_the_llm_knows_exactly_has_no_residual_variance() -> None:
    estimate = fit(frame(replace(ARMS, c=tuple(np.vstack([y, c[1]]) for y, c in zip(ARMS.y, ARMS.c, strict=True)))), T)
    assert estimate.variance == pytest.approx([0.0, 0.0], abs=1e-28)
    assert estimate.slope == pytest.approx(np.array([[1.0, 0.0]] * 2), abs=1e-12)


def test_too_few_humans_for_the_columns_are_refused() -> None:
    with pytest.raises(NotIdentified) as refused:
        fit(frame(simulate(2, (12, 4), (20, 25), models=3)), T)
    assert problems(refused.value) == [("/data/arms/1/human", "too_many_columns")]
    assert fit(frame(simulate(2, (12, 5), (20, 25), models=3)), T).df[1] > 0.0
