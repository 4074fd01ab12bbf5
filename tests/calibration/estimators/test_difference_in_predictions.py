from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import UnsupportedCombination
from service.calibration.estimate import Frame
from service.calibration.estimators.difference_in_predictions import fit, lambdas, system
from service.calibration.inference import Settings, infer
from service.calibration.plan import Plan
from service.calibration.sample import Column
from service.calibration.variance import contrast_variance
from tests.calibration.studies import Study, as_moments, problems, simulate

T = np.array([-1.0, 1.0])
TWINS = simulate(21, (20, 25), 60, design="shared")


def frame(study: Study, tuning: str = "per_arm", identification: str = "exchangeability") -> Frame:
    return Frame(study.sample(), identification, tuning=tuning)


def parts(study: Study) -> tuple[np.ndarray, ...]:
    """y0, y1, f0 of control humans, f1 of treated humans, f0 and f1 of LLM-only units."""
    (y0, y1), (c0, c1), (s,) = study.y, study.c, study.llm_only
    return y0, y1, c0[0], c1[1], s[0], s[1]


def published(study: Study, l0: float, l1: float) -> tuple[float, float]:
    """Estimate and variance as van Loon & Kanopka write them."""
    y0, y1, f0, f1, s0, s1 = parts(study)
    estimate = (l1 * s1 - l0 * s0).mean() + (y1 - l1 * f1).mean() - (y0 - l0 * f0).mean()
    human = np.var(y1 - l1 * f1, ddof=1) / len(y1) + np.var(y0 - l0 * f0, ddof=1) / len(y0)
    return estimate, human + np.var(l1 * s1 - l0 * s0, ddof=1) / len(s0)


@pytest.mark.parametrize("tuning", ["one", "common", "per_arm"])
def test_hand_data_with_predictions_that_say_nothing(tuning: str) -> None:
    """Y = 3, 5, 7 against 1, 2, 3: effect 3, variance 4/3 + 1/3."""
    columns = tuple(Column(f"m {a}", "prediction", "m", a) for a in ("control", "treatment"))
    silent = tuple(np.full((2, n), 4.0) for n in (3, 3, 5))
    study = Study((np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0])), silent[:2], silent[2:], columns, "shared")
    estimate = fit(frame(study, tuning), T)
    assert T @ estimate.theta == pytest.approx(3.0, rel=1e-14)
    assert contrast_variance(estimate, T, "super")[0] == pytest.approx(4 / 3 + 1 / 3, rel=1e-14)


def test_the_coupled_system_of_two_arms() -> None:
    """l1 A1 - l0 B = D1 and l0 A0 - l1 B = D0."""
    y0, y1, f0, f1, s0, s1 = parts(TWINS)
    m = len(s0)
    a0 = np.var(s0, ddof=1) / m + np.var(f0, ddof=1) / len(y0)
    a1 = np.var(s1, ddof=1) / m + np.var(f1, ddof=1) / len(y1)
    b = np.cov(s0, s1)[0, 1] / m
    d0, d1 = np.cov(y0, f0)[0, 1] / len(y0), np.cov(y1, f1)[0, 1] / len(y1)
    quadratic, linear = system(frame(TWINS), T)
    assert quadratic == pytest.approx(np.array([[a0, -b], [-b, a1]]), rel=1e-12)
    assert linear == pytest.approx([d0, d1], rel=1e-12)
    l0, l1 = lambdas(frame(TWINS), T)
    assert abs(l1 * a1 - l0 * b - d1) < 1e-12 * abs(d1)
    assert abs(l0 * a0 - l1 * b - d0) < 1e-12 * abs(d0)
    determinant = a1 * a0 - b * b
    assert (l0, l1) == pytest.approx(((d0 * a1 + d1 * b) / determinant, (d1 * a0 + d0 * b) / determinant), rel=1e-12)


def test_one_common_lambda() -> None:
    y0, y1, f0, f1, s0, s1 = parts(TWINS)
    bottom = np.var(s1 - s0, ddof=1) / len(s0) + np.var(f1, ddof=1) / len(y1) + np.var(f0, ddof=1) / len(y0)
    top = np.cov(y1, f1)[0, 1] / len(y1) + np.cov(y0, f0)[0, 1] / len(y0)
    assert lambdas(frame(TWINS, "common"), T) == pytest.approx([top / bottom] * 2, rel=1e-12)


@pytest.mark.parametrize("tuning", ["one", "common", "per_arm"])
def test_estimate_and_variance_are_the_published_ones(tuning: str) -> None:
    l0, l1 = lambdas(frame(TWINS, tuning), T)
    estimate = fit(frame(TWINS, tuning), T)
    value, variance = published(TWINS, l0, l1)
    assert T @ estimate.theta == pytest.approx(value, rel=1e-12)
    assert contrast_variance(estimate, T, "super")[0] == pytest.approx(variance, rel=1e-12)


@pytest.mark.parametrize("tuning", ["one", "common", "per_arm"])
def test_compat_is_the_same_with_the_normal_quantile(tuning: str) -> None:
    plan = Plan(estimator="difference_in_predictions", identification="exchangeability", tuning=tuning, compat=True)
    answer = calibrate(TWINS.sample(), plan)
    result = answer.estimates[0].result
    value, variance = published(TWINS, *lambdas(frame(TWINS, tuning), T))
    assert (result.estimate, result.standard_error**2) == pytest.approx((value, variance), rel=1e-12)
    assert (result.df, result.interval.method) == (None, "normal")
    assert result.interval.upper == pytest.approx(value + 1.959963984540054 * np.sqrt(variance))
    assert "compat_mode" in [w.code for w in answer.warnings]


@pytest.mark.parametrize("identification", ["randomization", "exchangeability"])
def test_no_other_lambda_has_a_smaller_variance(identification: str) -> None:
    """Also where the pool is the humans themselves."""
    own = frame(TWINS, identification=identification)
    best, rng = lambdas(own, T), np.random.default_rng(1)
    quadratic, linear = system(own, T)

    def objective(at: np.ndarray) -> float:
        return at @ quadratic @ at - 2.0 * linear @ at

    for _ in range(50):
        assert objective(best) < objective(best + 0.1 * rng.normal(size=2))
    assert np.linalg.norm(quadratic @ best - linear) < 1e-12 * np.linalg.norm(linear)


def test_the_objective_is_the_variance_under_randomization() -> None:
    own = frame(TWINS, identification="randomization")
    quadratic, linear = system(own, T)
    y0, y1 = TWINS.y
    constant = np.var(y0, ddof=1) / len(y0) + np.var(y1, ddof=1) / len(y1)
    (c0, c1), n = TWINS.c, 45
    for l0, l1 in ((0.0, 0.0), (0.3, -0.2), (1.0, 1.0)):
        spread = l1 * np.hstack([c0[1], c1[1]]) - l0 * np.hstack([c0[0], c1[0]])
        control = -(y0 - l0 * c0[0]) / len(y0) + spread[:20] / n
        treated = (y1 - l1 * c1[1]) / len(y1) + spread[20:] / n
        variance = len(y0) * np.var(control, ddof=1) + len(y1) * np.var(treated, ddof=1)
        at = np.array([l0, l1])
        assert at @ quadratic @ at - 2.0 * linear @ at + constant == pytest.approx(variance, rel=1e-10)


def test_arms_outside_the_contrast_are_not_tuned() -> None:
    three = simulate(3, (20, 22, 24), 50, design="shared")
    found = lambdas(frame(three), np.array([-1.0, 0.0, 1.0]))
    assert found[1] == 0.0
    assert np.count_nonzero(found) == 2


def test_with_independent_predictions_arms_are_tuned_apart() -> None:
    study = simulate(3, (20, 22), (50, 60))
    together = lambdas(frame(study), T)
    apart = [lambdas(frame(study), unit)[d] for d, unit in enumerate(np.eye(2))]
    assert together == pytest.approx(apart, rel=1e-12)


def test_moments_are_enough() -> None:
    rows, moments = TWINS.sample(), as_moments(TWINS.sample())
    ours, theirs = (fit(Frame(s, "exchangeability"), T).theta for s in (rows, moments))
    assert ours == pytest.approx(theirs, rel=1e-10)


def test_a_known_mean_has_no_sampling_error() -> None:
    told = replace(TWINS, columns=tuple(replace(c, population_mean=0.3) for c in TWINS.columns))
    quadratic, _ = system(frame(told), T)
    assert quadratic[0, 1] == 0.0
    assert quadratic[0, 0] == pytest.approx(np.var(TWINS.c[0][0], ddof=1) / 20)


def test_tuning_is_for_this_estimator_only() -> None:
    with pytest.raises(UnsupportedCombination) as refused:
        calibrate(TWINS.sample(), Plan(tuning="one"))
    assert problems(refused.value) == [("/plan/tuning", "unsupported_combination")]


def test_a_weighted_study_is_tuned_by_its_weights() -> None:
    sample = TWINS.sample()
    rng = np.random.default_rng(2)
    human = tuple(replace(u, weight=rng.uniform(0.5, 2.0, u.n)) for u in sample.human)
    weighted = replace(sample, human=human, llm_only=(replace(sample.llm_only[0], weight=np.ones(60)),))
    result = infer(fit(Frame(weighted, "exchangeability"), T), T, Settings())
    plain = infer(fit(Frame(sample, "exchangeability"), T), T, Settings())
    assert result.standard_error > 0.0
    assert result.estimate != pytest.approx(plain.estimate)
