"""The engine oracle, a worked example: five humans per arm, every column of the table to 9 digits."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.plan import Plan
from service.calibration.sample import Column
from service.calibration.variance import contrast_variance
from tests.calibration.studies import Study

T = np.array([-1.0, 1.0])
Y = (np.array([3.0, 4, 2, 3, 5]), np.array([4.0, 5, 4, 6, 3]))
C = (np.array([(3.0, 3), (4, 4), (4, 2), (3, 3), (5, 4)]).T, np.array([(4.0, 3), (5, 3), (4, 4), (5, 4), (3, 3)]).T)
ONLY = np.array([(4.0, 3), (3, 3), (5, 4), (4, 4), (2, 2), (5, 5), (3, 4)]).T
TWINS = tuple(Column(f"m {a}", "prediction", "m", a) for a in ("treatment", "control"))
LEVELS = {
    "randomization": (Study(Y, C, (None,), TWINS, "shared"), "randomization"),
    "exchangeability": (Study(Y, C, (ONLY,), TWINS, "shared"), "exchangeability"),
    "independent": (
        Study(Y, (C[0][1:], C[1][:1]), (ONLY[1:], ONLY[:1]), (Column("m", "prediction", "m"),)),
        "exchangeability",
    ),
}
# level: tau, v_1, v_0, sum of B'Sigma B/T, v_T, Var, df_1, df_0, df
TABLE = {
    "randomization": (
        *(0.5325, 0.0361333333, 0.0444097222, 0.0427368056, 0.0200363426),
        *(0.1005793981, 1.833673, 1.396641, 3.435172),
    ),
    "exchangeability": (
        *(0.3544117647, 0.0538177624, 0.0383866782, 0.0239854563, 0.0070945370),
        *(0.0992989776, 1.698533, 1.698375, 3.505679),
    ),
    "independent": (
        *(0.3571428571, 0.0225533395, 0.0638334879, None, 0.1295767274 + 0.1058374796),
        *(0.3218010345, 2.123146, 2.455183, 13.455436),
    ),
}


@pytest.mark.parametrize("level", TABLE)
def test_every_column_of_the_table(level: str) -> None:
    study, identification = LEVELS[level]
    tau, v1, v0, plain, pool, variance, df1, df0, df = TABLE[level]
    frame = Frame(study.sample(), identification)
    estimate = estimator("regression").fit(frame, T)
    total, degrees = contrast_variance(estimate, T, "super")
    assert T @ estimate.theta == pytest.approx(tau, abs=5.1e-11)
    assert estimate.variance == pytest.approx([v0, v1], abs=5.1e-11)
    assert total == pytest.approx(variance, abs=5.1e-11)
    assert total - estimate.variance.sum() == pytest.approx(pool, abs=1.1e-10)
    assert estimate.df == pytest.approx([df0, df1], abs=5.1e-7)
    assert degrees == pytest.approx(df, abs=5.1e-7)
    if plain is not None:
        slope, only = estimate.pool_slopes(T)[0], estimate.pools[0]
        assert slope @ only.covariance @ slope / only.size == pytest.approx(plain, abs=5.1e-11)


@pytest.mark.parametrize("level", TABLE)
def test_the_answer_carries_the_table(level: str) -> None:
    study, identification = LEVELS[level]
    tau, *_, variance, _, _, df = TABLE[level]
    answer = calibrate(study.sample(), Plan(estimator="regression", identification=identification))
    result = answer.estimates[0].result
    assert result.estimate == pytest.approx(tau, abs=5.1e-11)
    assert result.standard_error**2 == pytest.approx(variance, abs=5.1e-11)
    assert result.df == pytest.approx(df, abs=5.1e-7)


def test_unused_llm_only_units_do_not_move_randomization() -> None:
    plan = Plan(estimator="regression", identification="randomization")
    alone = calibrate(LEVELS["randomization"][0].sample(), plan)
    beside = calibrate(LEVELS["exchangeability"][0].sample(), plan)
    assert beside.estimates[0].result == alone.estimates[0].result
    assert [w.code for w in beside.warnings if w.code == "llm_only_ignored"] == ["llm_only_ignored"]
