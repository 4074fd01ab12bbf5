from __future__ import annotations

import numpy as np
import pytest

from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.inference import Settings, infer
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.matrix import arm_results, contrasted, helpful, inferred
from service.calibration.samples import ArmMatrix

OUTCOMES = 6


def draw(rng: np.random.Generator, n: int, m: int) -> ArmMatrix:
    """An arm whose outcomes differ in how much the prediction knows, and in scale and level."""
    level = rng.normal(size=(OUTCOMES, 1)) * 4
    c = rng.standard_normal((OUTCOMES, n)) + level
    quality = np.linspace(0.0, 2.0, OUTCOMES)[:, None]
    y = 10.0 ** rng.integers(-3, 4, (OUTCOMES, 1)) * (quality * c + rng.standard_normal((OUTCOMES, n)))
    return ArmMatrix(y, c, rng.standard_normal((OUTCOMES, m)) + level)


@pytest.mark.unwatched
@pytest.mark.parametrize("contrast", [[1.0], [-1.0, 1.0], [-1.0, 0.5, 0.5], [-1.0, 1.0, 0.0]])
@pytest.mark.parametrize("name", ["regression", "auto", "human_only"])
def test_every_outcome_is_answered_as_alone(name: str, contrast: list[float]) -> None:
    """200 outcomes and more per case against the engine, one at a time: estimate, error, df, p-value, interval."""
    t = np.array(contrast)
    for seed in range(34):
        rng = np.random.default_rng(seed)
        arms = [draw(rng, int(rng.integers(5, 40)), int(rng.integers(2, 60))) for _ in contrast]
        results = [arm_results(arm) for arm in arms]
        used = {
            "regression": [np.ones(OUTCOMES, dtype=bool)] * len(arms),
            "human_only": [np.zeros(OUTCOMES, dtype=bool)] * len(arms),
            "auto": [helpful(r) for r in results],
        }[name]
        found = inferred(*contrasted(results, used, t), 0.9, 0.3)
        for k in range(OUTCOMES):
            sample = from_arrays([ArmArrays(f"{d}", a.y[k], a.c[k], a.only[k]) for d, a in enumerate(arms)])
            fit = estimator(name).fit(Frame(sample, "exchangeability"), t)
            alone = infer(fit, t, Settings(0.9, null_value=0.3))
            scale = alone.standard_error
            assert found.estimate[k] == pytest.approx(alone.estimate, abs=1e-11 * scale)
            assert found.standard_error[k] == pytest.approx(scale, rel=1e-11)
            assert found.df[k] == pytest.approx(alone.df, rel=1e-10)
            assert found.p_value[k] == pytest.approx(alone.p_value, rel=1e-9, abs=1e-14)
            assert found.lower[k] == pytest.approx(alone.interval.lower, abs=1e-11 * scale)
            assert found.upper[k] == pytest.approx(alone.interval.upper, abs=1e-11 * scale)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = draw(np.random.default_rng(1), 20, 30)
    whole = arm_results(arm)
    monkeypatch.setattr("service.calibration.matrix.BLOCK", 40)
    blocks = arm_results(arm)
    for name in ("theta", "variance", "df", "slope", "human_variance", "r_squared", "usable"):
        assert getattr(blocks, name) == pytest.approx(getattr(whole, name), rel=1e-13)


def test_predictions_that_cannot_carry_a_slope_are_not_usable() -> None:
    """Constant, constant up to rounding, carried by a single unit, constant beyond the humans."""
    arm = draw(np.random.default_rng(2), 20, 30)
    c, only = arm.c.copy(), arm.only.copy()
    c[0] = 7.0
    c[1] = 1e8 + 1e-4 * c[1]
    c[2] = np.where(np.arange(20) == 0, 1.0, 0.0)
    only[3] = 5.0
    usable = arm_results(ArmMatrix(arm.y, c, only)).usable
    assert usable.astype(bool).tolist() == [False, False, False, False, True, True]
