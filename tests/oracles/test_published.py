"""The published forms against golden/, twin_arms and ppi-python 0.2.3 itself."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.special import ndtri

from service.calibration.published.coefficients import Coefficients, given, power_tuned, ppi
from service.calibration.published.quantile import quantile
from service.calibration.published.rows import Rows
from tests.calibration.published.studies import drawn
from tests.oracles.golden_data import PPI_PY, column, golden, ipd
from tests.oracles.twin_arms import ABSENT, CASES, FOLDER, arms_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its imports warn; ours are tested elsewhere
    from ppi_py import ppi as theirs

for compiled in ("_ols_get_stats", "_logistic_get_stats", "_poisson_get_stats", "safe_expit"):
    setattr(theirs, compiled, getattr(theirs, compiled).py_func)  # the same functions; compiling them takes 20 seconds

TUNED = {"linear": "ols", "logistic": "logistic", "poisson": "poisson"}
CLOSE = {"linear": 1e-9, "logistic": 1e-6, "poisson": 1e-6}  # theirs stops L-BFGS-B there; our root is exact
SEEDS = range(8)


def interval(fit: Coefficients, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    reach = -ndtri((1.0 - level) / 2.0) * fit.standard_error
    return fit.centre - reach, fit.centre + reach


def asked(name: str, rows: Rows, **options):
    """A function of ppi-python on the same data; its imports of scikit-learn warn about their own options."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(theirs, name)(rows.x.T.copy(), rows.y, rows.f, rows.x_only.T.copy(), rows.f_only, **options)


# golden/


def test_golden_linear_with_one_lambda() -> None:
    fit = power_tuned("linear", golden("Y", "f"))
    assert fit.estimate == pytest.approx(PPI_PY["ols_point"], rel=1e-12)
    for ours, published in zip(interval(fit), PPI_PY["ols_ci95"], strict=True):
        assert ours == pytest.approx(published, rel=1e-12)


def test_golden_linear_tuned_for_the_treatment() -> None:
    """make.py asked for coord=1: that coefficient's interval is published with its own lambda."""
    fit = power_tuned("linear", golden("Y", "f"), per_coefficient=True)
    lower, upper = interval(fit)
    assert [lower[1], upper[1]] == pytest.approx([end[1] for end in PPI_PY["ols_ci95_coord1"]], rel=1e-12)
    at = given("linear", golden("Y", "f"), fit.tuning[1])
    for ours, published in zip(interval(at), PPI_PY["ols_ci95_coord1"], strict=True):
        assert ours == pytest.approx(published, rel=1e-12)


def test_golden_logistic() -> None:
    fit = power_tuned("logistic", golden("Yb", "fb"))
    assert fit.estimate == pytest.approx(PPI_PY["logistic_point"], rel=1e-9)
    for ours, published in zip(interval(fit), PPI_PY["logistic_ci95"], strict=True):
        assert ours == pytest.approx(published, rel=1e-9)


def test_golden_median() -> None:
    rows = (column("labelled.csv", "Y"), column("labelled.csv", "f"), column("unlabelled.csv", "f"))
    fit = quantile(rows, 0.5, 0.95)
    assert (fit.estimate, [fit.lower, fit.upper]) == (PPI_PY["median_point"], PPI_PY["median_ci95"])


def test_ipd_ppi_plusplus_is_the_centre_of_the_published_interval() -> None:
    """ipd reports the second lambda's point, not ppi-python's point estimate."""
    for model, rows in (("ols", golden("Y", "f")), ("logistic", golden("Yb", "fb"))):
        fit = power_tuned("linear" if model == "ols" else "logistic", rows)
        estimate, error = ipd("ppi_plusplus", model)
        assert fit.centre == pytest.approx(estimate, abs=6e-9 if model == "logistic" else 6e-11)
        assert fit.standard_error == pytest.approx(error, abs=6e-9 if model == "logistic" else 6e-11)


def test_ipd_ppi_logistic_is_lambda_1() -> None:
    fit, (estimate, error) = ppi("logistic", golden("Yb", "fb")), ipd("ppi", "logistic")
    assert fit.estimate == pytest.approx(estimate, abs=6e-9)
    assert fit.standard_error == pytest.approx(error, abs=6e-9)


def test_ipd_ppi_ols_is_lambda_1_with_the_older_standard_error() -> None:
    """The point is ours. Its error is that of 2301.09633: two HC0 sandwiches, each with its own fit and Hessian."""
    rows, (estimate, error) = golden("Y", "f"), ipd("ppi", "ols")
    assert ppi("linear", rows).estimate == pytest.approx(estimate, abs=6e-11)
    variance = np.zeros(3)
    for x, target in ((rows.x, rows.y - rows.f), (rows.x_only, rows.f_only)):
        bread = np.linalg.inv(x @ x.T)
        residual = target - x.T @ bread @ x @ target
        variance += np.diag(bread @ ((x * residual**2) @ x.T) @ bread)
    assert np.sqrt(variance) == pytest.approx(error, abs=6e-11)
    assert np.abs(ppi("linear", rows).standard_error - error).min() > 1e-3


# twin_arms

TWINS = pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)


def joint(case: str) -> Rows:
    """Both arms in one regression on intercept + arm."""
    arms = arms_of(case)
    y, f, f_only = (np.concatenate([arm[i] for arm in arms]) for i in (1, 2, 3))
    designs = [
        np.vstack([np.ones(sum(sizes)), np.repeat([0.0, 1.0], sizes)])
        for sizes in ([len(arm[1]) for arm in arms], [len(arm[3]) for arm in arms])
    ]
    return Rows(designs[0], y, f, designs[1], f_only)


@TWINS
@pytest.mark.parametrize("case", CASES)
def test_twin_arms_lambda_1(case: str) -> None:
    fit, expected = ppi("linear", joint(case)), CASES[case]["ppi_lam1"]
    lower, upper = interval(fit)
    published = [expected["est"], expected["se"], *expected["ci95"]]
    assert [fit.estimate[1], fit.standard_error[1], lower[1], upper[1]] == pytest.approx(published, rel=1e-10)


@TWINS
@pytest.mark.parametrize("case", CASES)
def test_twin_arms_power_tuned(case: str) -> None:
    fit, expected = power_tuned("linear", joint(case), per_coefficient=True), CASES[case]["ppi_plusplus"]
    lower, upper = interval(fit)
    published = [expected["est"], expected["se"], *expected["ci95"]]
    assert [fit.estimate[1], fit.standard_error[1], lower[1], upper[1]] == pytest.approx(published, rel=1e-10)


# ppi-python on random data


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("family", TUNED)
def test_power_tuned_is_ppi_py(family: str, sign: float) -> None:
    for seed in SEEDS:
        rows, close = drawn(seed, family, 40 + 5 * seed, 60 + 40 * seed, sign=sign), CLOSE[family]
        fit, name = power_tuned(family, rows), f"ppi_{TUNED[family]}"
        assert fit.estimate == pytest.approx(asked(f"{name}_pointestimate", rows), rel=close, abs=close)
        for ours, published in zip(interval(fit, 0.9), asked(f"{name}_ci", rows, alpha=0.1), strict=True):
            assert ours == pytest.approx(published, rel=close, abs=close)


@pytest.mark.parametrize("lam", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("family", TUNED)
def test_a_given_lambda_is_ppi_pys(family: str, lam: float) -> None:
    for seed in SEEDS:
        rows, close = drawn(seed, family), CLOSE[family]
        fit, name = given(family, rows, lam), f"ppi_{TUNED[family]}"
        assert fit.estimate == pytest.approx(asked(f"{name}_pointestimate", rows, lam=lam), rel=close, abs=close)
        for ours, published in zip(interval(fit), asked(f"{name}_ci", rows, alpha=0.05, lam=lam), strict=True):
            assert ours == pytest.approx(published, rel=close, abs=close)


def test_one_lambda_per_coefficient_is_ppi_pys_coord() -> None:
    for seed in SEEDS:
        rows = drawn(seed, "linear", 35, 80)
        fit = power_tuned("linear", rows, per_coefficient=True)
        lower, upper = interval(fit, 0.9)
        for j in range(3):
            published = np.ravel([end[j] for end in asked("ppi_ols_ci", rows, alpha=0.1, coord=j)])
            assert fit.estimate[j] == pytest.approx(asked("ppi_ols_pointestimate", rows, coord=j)[j], rel=1e-9)
            assert [lower[j], upper[j]] == pytest.approx(published, rel=1e-9)


@pytest.mark.parametrize("family", ["logistic", "poisson"])
def test_where_ppi_py_ignores_coord_its_parts_put_together_are_ours(family: str) -> None:
    stats = getattr(theirs, f"_{family}_get_stats")
    for seed in range(3):
        rows = drawn(seed, family)
        fit = power_tuned(family, rows, per_coefficient=True)
        alike = [asked(f"ppi_{family}_ci", rows, alpha=0.1, coord=j)[0] for j in (None, 1)]
        assert alike[0].tolist() == alike[1].tolist()
        for j in range(3):
            lam = 1.0
            for expected in (fit.point_tuning[j], fit.tuning[j]):
                point = asked(f"ppi_{family}_pointestimate", rows, lam=lam)
                parts = stats(point, rows.x.T.copy(), rows.y, rows.f, rows.x_only.T.copy(), rows.f_only)
                lam = theirs._calc_lam_glm(*parts, coord=j, clip=True)
                assert lam == pytest.approx(expected, abs=1e-6)
            low, high = (end[j] for end in asked(f"ppi_{family}_ci", rows, alpha=0.05, lam=lam))
            lower, upper = interval(fit)
            assert [lower[j], upper[j]] == pytest.approx([low, high], abs=2e-6)


@pytest.mark.parametrize("digits", [9, 0])
def test_quantiles_are_ppi_pys_where_it_answers(digits: int) -> None:
    raised = 0
    for seed in range(30):
        source = drawn(seed, "linear", 20 + seed, 50 + 3 * seed)
        rows = tuple(np.round(values, digits) for values in (source.y, source.f, source.f_only))
        for q in (0.2, 0.5, 0.85):
            fit = quantile(rows, q, 0.9)
            try:
                published = theirs.ppi_quantile_ci(*rows, q, alpha=0.1, exact_grid=True)
            except IndexError:
                assert fit.accepted == 0
                raised += 1
                continue
            assert [fit.lower, fit.upper] == published.tolist()
            point = theirs.ppi_quantile_pointestimate(*rows, q, exact_grid=True)
            grid = np.array([fit.estimate, point])
            away = np.abs(theirs._rectified_cdf(*rows, grid) - q)
            assert point == fit.estimate or (fit.estimate < point and abs(away[0] - away[1]) < 1e-12)
    assert (raised > 0) is (digits == 0)
