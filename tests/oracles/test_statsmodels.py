"""statsmodels as an independent package: Welch's test, and Lin's interacted regression with HC2."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from service.calibration.calibrate import calibrate
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.plan import Plan
from tests.calibration.studies import simulate

SEEDS = range(40)
TAILS = {"two_sided": "two-sided", "greater": "larger", "less": "smaller"}
CLOSE = {"rel": 1e-10, "abs": 1e-13}


@pytest.mark.parametrize("alternative", TAILS)
def test_human_only_is_welchs_test(alternative: str) -> None:
    for seed in SEEDS:
        study = simulate(seed, (4 + seed, 30), outcome="skewed")
        plan = Plan(estimator="human_only", alternative=alternative, null_value=0.2, confidence_level=0.9)
        result = calibrate(study.sample(), plan).estimates[0].result
        means = CompareMeans(DescrStatsW(study.y[1]), DescrStatsW(study.y[0]))
        _, p_value, df = means.ttest_ind(TAILS[alternative], "unequal", 0.2)
        low, high = means.tconfint_diff(0.1, TAILS[alternative], "unequal")
        ends = [np.inf if e is None else e for e in (result.interval.lower, result.interval.upper)]
        assert result.df == pytest.approx(df, **CLOSE)
        assert result.p_value == pytest.approx(p_value, rel=1e-9)
        assert [abs(e) if np.isinf(e) else e for e in (low, high)] == pytest.approx(ends, **CLOSE)


def test_twins_without_llm_only_units_are_lins_regression_with_hc2() -> None:
    for seed in SEEDS:
        study = simulate(seed, (14, 19), design="shared", models=1 + seed % 2, covariates=seed % 3)
        sample = study.sample()
        treated = np.repeat([0.0, 1.0], [14, 19])
        columns = np.hstack(study.c).T
        centred = columns - columns.mean(axis=0)
        design = np.column_stack([np.ones(33), treated, centred, centred * treated[:, None]])
        lin = OLS(np.concatenate(study.y), design).fit(cov_type="HC2")
        t = np.array([-1.0, 1.0])
        estimate = estimator("regression").fit(Frame(sample, "randomization"), t)
        assert t @ estimate.theta == pytest.approx(lin.params[1], **CLOSE)
        assert np.sqrt(estimate.variance.sum()) == pytest.approx(lin.bse[1], **CLOSE)
        assert estimate.slope[0] == pytest.approx(lin.params[2 : 2 + columns.shape[1]], **CLOSE)
        plan = Plan(estimator="regression", inference_population="sample")
        result = calibrate(sample, plan).estimates[0].result
        assert [result.estimate, result.standard_error] == pytest.approx([lin.params[1], lin.bse[1]], **CLOSE)


def test_the_slope_covariance_is_hc2() -> None:
    for seed in SEEDS:
        study = simulate(seed, (15,), 20, models=3)
        y, c = study.y[0], study.c[0]
        fit = OLS(y, np.column_stack([np.ones(15), c.T])).fit(cov_type="HC2")
        estimate = estimator("regression").fit(Frame(study.sample(), "exchangeability"), np.ones(1))
        assert estimate.slope_covariance[0] == pytest.approx(fit.cov_params()[1:, 1:], **CLOSE)
        assert study.sample().human[0].n == 15
