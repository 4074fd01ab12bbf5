"""Odds ratio: scipy's, and calibrated the coefficient of a logistic regression on the arms."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import stats

from service.calibration.plan import Model
from service.calibration.plug_in import odds_ratio
from tests.calibration import models, plug_ins


def test_it_is_scipys() -> None:
    data = plug_ins.table(1, arms=True, binary=True)
    (y0, *_), (y1, *_) = (plug_ins.humans(data, arm) for arm in (0, 1))
    counts = [[int(y1.sum()), int(y0.sum())], [int((1 - y1).sum()), int((1 - y0).sum())]]
    found = plug_ins.answered(data, "odds_ratio", estimator="human_only").estimates[0]
    assert found.result.estimate == pytest.approx(
        stats.contingency.odds_ratio(counts, kind="sample").statistic, rel=1e-12
    )


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("estimator", ["regression", "ppi", "human_only"])
def test_it_is_the_coefficient_of_a_logistic_regression(shared, estimator) -> None:
    data = plug_ins.table(2, arms=True, binary=True, shared=shared, covariates=False)
    ours = plug_ins.answered(data, "odds_ratio", estimator=estimator).estimates[0].result
    model = Model(treatment=True)
    theirs = models.answered(data, "logistic", model, estimator=estimator).estimates[1].result
    assert log(ours.estimate) == pytest.approx(theirs.estimate, rel=1e-8)
    assert ours.standard_error / ours.estimate == pytest.approx(theirs.standard_error, rel=1e-8)


@pytest.mark.parametrize(("said", "end"), [(0.0, -700.0), (1.0, 700.0)])
def test_an_arm_without_odds_stands_at_the_end(said, end) -> None:
    found = odds_ratio.log_odds(np.full(4, said), np.zeros((0, 4)), np.ones(4))
    assert (found.theta, found.defined, float(np.abs(found.influence).max())) == (end, False, 0.0)
