"""ppi-python on random data: mean, one lambda, to 1e-10."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its imports warn; ours are tested elsewhere
    import ppi_py

SEEDS = range(50)
CLOSE = {"rel": 1e-10, "abs": 1e-12}
TAILS = {"two_sided": "two-sided", "greater": "larger", "less": "smaller"}


def drawn(seed: int) -> ArmArrays:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(5, 80)), int(rng.integers(5, 300))
    latent, only = rng.normal(size=n), rng.normal(size=m)
    scale = rng.choice([-1.0, 0.3, 0.8, 3.0])
    return ArmArrays(
        "all", latent + rng.normal(size=n), scale * latent + rng.normal(size=n), scale * only + rng.normal(size=m)
    )


@pytest.mark.parametrize(("estimator", "lam"), [("power_tuned", None), ("arm_tuned", None), ("ppi", 1.0)])
def test_compat_is_ppi_py(estimator: str, lam: float | None) -> None:
    for seed in SEEDS:
        arm = drawn(seed)
        arguments = (arm.human, arm.llm, arm.llm_only)
        result = calibrate(from_arrays([arm]), Plan(estimator=estimator, compat=True)).estimates[0].result
        assert [result.estimate] == pytest.approx(ppi_py.ppi_mean_pointestimate(*arguments, lam=lam), **CLOSE)
        theirs = np.ravel(ppi_py.ppi_mean_ci(*arguments, alpha=0.05, lam=lam))
        assert [result.interval.lower, result.interval.upper] == pytest.approx(theirs, **CLOSE)


@pytest.mark.parametrize("alternative", TAILS)
def test_one_sided_intervals_and_p_values_are_ppi_pys_at_a_supplied_lambda(alternative: str) -> None:
    """Without a lambda ppi-python drops ``alternative`` from the interval and does not clip in the p-value."""
    for seed in SEEDS:
        arm = drawn(seed)
        n, m = len(arm.human), len(arm.llm_only)
        pooled = np.var(np.concatenate([arm.llm, arm.llm_only]), ddof=1)
        lam = float(np.clip(np.cov(arm.human, arm.llm, ddof=0)[0, 1] / ((1 + n / m) * pooled), 0.0, 1.0))
        plan = Plan(
            estimator="power_tuned", compat=True, alternative=alternative, null_value=seed / 50, confidence_level=0.9
        )
        result = calibrate(from_arrays([arm]), plan).estimates[0].result
        arguments, tail = (arm.human, arm.llm, arm.llm_only), TAILS[alternative]
        low, high = np.ravel(np.broadcast_arrays(*ppi_py.ppi_mean_ci(*arguments, alpha=0.1, alternative=tail, lam=lam)))
        p_value = ppi_py.ppi_mean_pval(*arguments, null=plan.null_value, alternative=tail, lam=lam)
        open_ends = (
            -np.inf if result.interval.lower is None else result.interval.lower,
            np.inf if result.interval.upper is None else result.interval.upper,
        )
        assert open_ends == pytest.approx((low, high), **CLOSE)
        assert [result.p_value] == pytest.approx(np.ravel(p_value), rel=1e-9, abs=1e-12)


def test_regression_is_ppi_py_at_the_supplied_lambda() -> None:
    for seed in SEEDS:
        arm = drawn(seed)
        n, m = len(arm.human), len(arm.llm_only)
        lam = np.cov(arm.human, arm.llm)[0, 1] / np.var(arm.llm, ddof=1) * m / (n + m)
        point = ppi_py.ppi_mean_pointestimate(arm.human, arm.llm, arm.llm_only, lam=lam)
        ours = calibrate(from_arrays([arm]), Plan(estimator="regression")).estimates[0].result.estimate
        assert [ours] == pytest.approx(point, rel=1e-12, abs=1e-12)
