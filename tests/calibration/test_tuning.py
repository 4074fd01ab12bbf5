from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import CalibrationError, NotIdentified, UnsupportedCombination
from service.calibration.estimate import Frame
from service.calibration.sample import Column
from service.calibration.tuning import tuned, tuning
from service.calibration.variance import contrast_variance
from tests.calibration.studies import Study, problems, simulate

T = np.array([-1.0, 1.0])
ONE = simulate(15, (20,), 60)
ARMS = simulate(15, (20, 25), (60, 70))
TWINS = simulate(15, (20, 25), 60, design="shared")
KNOWN = replace(ARMS, columns=(replace(ARMS.columns[0], population_mean=0.1),))


def frame(study: Study, identification: str = "exchangeability", *, compat: bool = False) -> Frame:
    return Frame(study.sample(), identification, compat)


def pooled_ssq_lambda(study: Study, t: np.ndarray) -> float:
    """Independent arms: sum t^2 cov/n over sum t^2 var (1/n + 1/N), the variance of each arm's own pool."""
    top = bottom = 0.0
    for weight, y, c, s in zip(t, study.y, study.c, study.llm_only, strict=True):
        var = np.var(np.concatenate([c[0], s[0]]), ddof=1)
        top += weight**2 * np.cov(y, c[0])[0, 1] / len(y)
        bottom += weight**2 * var * (1 / len(y) + 1 / s.shape[1])
    return top / bottom


def test_one_population_is_the_plug_in_of_ppi_plus_plus() -> None:
    study = ONE.with_c(lambda c: 2.0 * c)
    y, f, s = study.y[0], study.c[0][0], study.llm_only[0][0]
    pooled = np.var(np.concatenate([f, s]), ddof=1)
    for compat, ddof in ((False, 1), (True, 0)):
        expected = np.cov(y, f, ddof=ddof)[0, 1] / ((1 + 20 / 60) * pooled)
        assert tuning(frame(study, compat=compat), np.ones(1)) == pytest.approx(expected)


def test_one_lambda_for_a_contrast_of_independent_arms() -> None:
    assert tuning(frame(ARMS), T) == pytest.approx(pooled_ssq_lambda(ARMS, T))
    assert tuning(frame(ARMS), -3.0 * T) == pytest.approx(pooled_ssq_lambda(ARMS, T))


@pytest.mark.parametrize(("factor", "published"), [(-2.0, 0.0), (0.01, 1.0)])
def test_only_compat_clips(factor: float, published: float) -> None:
    study = ONE.with_c(lambda c: factor * c)
    assert tuning(frame(study, compat=True), np.ones(1)) == published
    assert not 0.0 <= tuning(frame(study), np.ones(1)) <= 1.0


def test_a_prediction_that_does_not_vary_gets_0() -> None:
    assert tuning(frame(ONE.with_c(np.zeros_like)), np.ones(1)) == 0.0
    assert tuning(frame(replace(ARMS, llm_only=(None, None))), T) == 0.0


@pytest.mark.parametrize(
    ("study", "identification"),
    [(ARMS, "exchangeability"), (TWINS, "exchangeability"), (TWINS, "randomization"), (KNOWN, "exchangeability")],
    ids=["independent", "twins", "randomization", "known mean"],
)
def test_lambda_minimises_the_variance(study: Study, identification: str) -> None:
    """In large samples nearby values of lambda are worse; the plug-ins differ by O(1/n) from the sample's optimum."""
    arms, m = len(study.y), None if study is KNOWN else 4000
    large = simulate(16, (4000,) * arms, m, design=study.design)
    columns = study.columns if study is KNOWN else large.columns
    own = frame(replace(large, columns=columns), identification)
    best = tuning(own, T)
    variances = [contrast_variance(tuned(own, [lam] * arms), T, "super")[0] for lam in (best - 0.1, best, best + 0.1)]
    assert variances[1] < min(variances[0], variances[2])


def test_tuned_moves_along_the_arms_own_direction() -> None:
    own = frame(TWINS)
    estimate = tuned(own, [0.5, 0.25])
    assert estimate.slope.tolist() == [[0.5, 0.0], [0.0, 0.25]]
    expected = [
        y.mean() + lam * (TWINS.llm_only[0][d].mean() - TWINS.c[d][d].mean())
        for d, (y, lam) in enumerate(zip(TWINS.y, (0.5, 0.25), strict=True))
    ]
    assert estimate.theta == pytest.approx(expected)


def test_an_arm_without_a_pool_stays_human_only() -> None:
    estimate = tuned(frame(replace(ARMS, llm_only=(None, ARMS.llm_only[1]))), [1.0, 1.0])
    assert estimate.slope[:, 0].tolist() == [0.0, 1.0]
    assert estimate.theta[0] == pytest.approx(ARMS.y[0].mean())


@pytest.mark.parametrize(
    ("own", "kind", "place", "code"),
    [
        (
            frame(replace(TWINS, columns=(TWINS.columns[0], Column("x", "covariate")))),
            UnsupportedCombination,
            "/data/predictions",
            "no_prediction_for_arm",
        ),
        (frame(replace(ARMS, llm_only=(ARMS.llm_only[0], ARMS.llm_only[1][:, :1]))), NotIdentified,
         "/data/arms/1/human", "too_few_llm_only"),
        (frame(TWINS, "randomization", compat=True), UnsupportedCombination, "/plan/compat", "unsupported_combination"),
    ],
)  # fmt: skip
def test_refusals_name_their_place(own: Frame, kind, place: str, code: str) -> None:
    with pytest.raises(CalibrationError) as refused:
        tuned(own, [1.0, 1.0])
    assert type(refused.value) is kind
    assert problems(refused.value) == [(place, code)]
    assert refused.value.problems[0].hint


def test_compat_of_twins_with_llm_only_units_is_offered() -> None:
    assert tuned(frame(TWINS, compat=True), [1.0, 1.0]).theta.shape == (2,)
