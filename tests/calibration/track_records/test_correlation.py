from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize

from service.calibration.track_records.correlation import correlation
from service.calibration.track_records.llm_effects import llm_effects
from service.calibration.track_records.record import Effects
from service.calibration.track_records.sampling import sampling
from tests.calibration.track_records.records import drawn, in_studies, record


def together(past):
    llm = llm_effects(past.llm) if len(past.names) > 1 else None
    return correlation(past, sampling(past), llm)


def joint_reml(past) -> float:
    """The correlation of the bivariate model by its joint restricted likelihood, dense matrices and a search."""
    n = len(past.names)
    y = np.concatenate([past.human.estimate, past.llm.estimate])
    x = np.kron(np.eye(2), np.ones((n, 1)))
    human = np.diag(past.human.standard_error**2) if past.covariance is None else past.covariance
    known = np.block([[human, np.zeros((n, n))], [np.zeros((n, n)), np.diag(past.llm.standard_error**2)]])

    def minus(p: np.ndarray) -> float:
        sd, rho = np.exp(p[:2]), np.tanh(p[2])
        between = np.array([[sd[0] ** 2, rho * sd[0] * sd[1]], [rho * sd[0] * sd[1], sd[1] ** 2]])
        whole = known + np.kron(between, np.eye(n))
        inverse = np.linalg.inv(whole)
        information = x.T @ inverse @ x
        residuals = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        return float(np.linalg.slogdet(whole)[1] + np.linalg.slogdet(information)[1] + residuals @ inverse @ residuals)

    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    return float(np.tanh(optimize.minimize(minus, [-2, -2, 1], method="Nelder-Mead", options=options).x[2]))


@pytest.mark.parametrize("past", [drawn(10, 1), in_studies((3, 1, 2, 1, 4), 2)], ids=["independent", "correlated"])
def test_without_llm_errors_it_is_the_joint_reml(past):
    assert together(past).attenuation_corrected == pytest.approx(joint_reml(past), abs=1e-6)


def test_with_llm_errors_it_is_close_to_the_joint_reml():
    past = drawn(40, 5, llm_error=0.08)
    assert together(past).attenuation_corrected == pytest.approx(joint_reml(past), abs=0.03)


def test_attenuation_is_removed():
    corrected = [together(drawn(100, seed, llm_error=0.1)) for seed in range(25)]
    truth = 0.6 * 0.2 / np.hypot(0.6 * 0.2, 0.1)
    error = np.std([c.attenuation_corrected for c in corrected]) / np.sqrt(25)
    assert abs(np.mean([c.attenuation_corrected for c in corrected]) - truth) < 3.5 * error
    assert np.mean([c.raw for c in corrected]) < truth - 0.1


def test_raw_is_pearsons():
    past = drawn(12, 4)
    assert together(past).raw == pytest.approx(np.corrcoef(past.human.estimate, past.llm.estimate)[0, 1], abs=1e-12)


def turned(past, signs):
    def turn(effects: Effects) -> Effects:
        return replace(effects, estimate=effects.estimate * signs)

    return replace(past, human=turn(past.human), llm=turn(past.llm))


def test_orientation_free_measures_do_not_change_when_contrasts_are_turned_round():
    past = drawn(15, 6, llm_error=0.02)
    past = replace(past, human=replace(past.human, estimate=past.human.estimate + 0.3))
    signs = np.resize([1, -1, -1], 15)
    one, other = together(past), together(turned(past, signs))
    assert other.orientation_free == pytest.approx(one.orientation_free, abs=1e-12)
    assert other.orientation_free_corrected == pytest.approx(one.orientation_free_corrected, abs=1e-12)
    assert abs(one.raw - other.raw) > 0.05
    both = (
        np.concatenate([past.human.estimate, -past.human.estimate]),
        np.concatenate([past.llm.estimate, -past.llm.estimate]),
    )
    assert one.orientation_free == pytest.approx(np.corrcoef(*both)[0, 1], abs=1e-12)


def test_the_corrected_one_about_zero_subtracts_sampling_variances():
    past = drawn(15, 6, llm_error=0.02)
    h, f = past.human, past.llm
    sums = [(e.estimate**2 - e.standard_error**2).sum() for e in (h, f)]
    assert together(past).orientation_free_corrected == pytest.approx(
        (h.estimate @ f.estimate) / np.sqrt(np.prod(sums))
    )
    noise = together(record([0.01, 0.02, -0.01], [0.1, 0.2, 0.3]))
    assert noise.orientation_free_corrected is None


def test_few_or_alike_effects_have_no_correlation():
    for past in (record([0.1], [0.2]), record([0.1, 0.2], [0.2, 0.1])):
        found = together(past)
        assert {found.raw, found.attenuation_corrected, found.orientation_free, found.orientation_free_corrected} == {
            None
        }
    alike = together(record([0.1, 0.2, 0.4], [0.2] * 3))
    assert (alike.raw, alike.attenuation_corrected) == (None, None)
    flat = together(record([0.1] * 3, [0.1, 0.2, 0.3]))
    assert (flat.raw, flat.attenuation_corrected) == (None, None)
    exact = together(record([0.1, 0.2, 0.3], [0.2, 0.4, 0.6]))
    assert (exact.raw, exact.attenuation_corrected) == pytest.approx((1, 1), abs=1e-12)
