"""NIST style accuracy: offsets of 1e8 with spread 1 and nearly collinear columns, against exact rationals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.plan import Plan
from service.calibration.sample import Column
from service.calibration.variance import contrast_variance
from tests.calibration.studies import Study, as_moments

Matrix = list[list[Fraction]]
NINE_DIGITS = 5e-10
T = np.array([-1.0, 1.0])


def grid(values: np.ndarray, bits: int = 20) -> np.ndarray:
    """Values on a binary grid: adding 1e8 to them is exact, so the shifted data have the same exact answer."""
    return np.round(values * 2**bits) / 2**bits


def study(seed: int, offset: float, *, models: int = 2, closeness: float = 1.0) -> Study:
    rng = np.random.default_rng(seed)

    def columns(size: int) -> np.ndarray:
        first = rng.normal(size=size)
        return grid(np.vstack([first, *(first + closeness * rng.normal(size=size) for _ in range(models - 1))]))

    c = tuple(columns(n) for n in (12, 14))
    y = tuple(grid(0.7 * f[0] + 0.5 * rng.normal(size=f.shape[1]) + 0.5 * d) for d, f in enumerate(c))
    only = tuple(columns(m) for m in (30, 40))
    named = tuple(Column(f"m{k}", "prediction", f"m{k}") for k in range(models))
    plain = Study(y, c, only, named)
    return plain.with_y(lambda v: v + offset).with_c(lambda v: v + offset)


def exact(values: np.ndarray) -> list[Fraction]:
    return [Fraction(float(v)) for v in values]


def solve(matrix: Matrix, right: Matrix) -> Matrix:
    """Gauss-Jordan in rationals: no rounding at all."""
    k = len(matrix)
    work = [[*row, *extra] for row, extra in zip(matrix, right, strict=True)]
    for i in range(k):
        pivot = next(r for r in range(i, k) if work[r][i] != 0)
        work[i], work[pivot] = work[pivot], work[i]
        work[i] = [v / work[i][i] for v in work[i]]
        for r in range(k):
            if r != i:
                work[r] = [a - work[r][i] * b for a, b in zip(work[r], work[i], strict=True)]
    return [row[k:] for row in work]


def mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def exact_arm(y: np.ndarray, c: np.ndarray, only: np.ndarray) -> dict[str, object]:
    """theta, v (HC2), pool term and slope of one independent arm, in exact arithmetic."""
    ys, cs, pool = (
        exact(y),
        [exact(r) for r in c],
        [exact(np.concatenate([a, b])) for a, b in zip(c, only, strict=True)],
    )
    n, p, size = len(ys), len(cs), len(pool[0])
    ybar, cbar, star = mean(ys), [mean(r) for r in cs], [mean(r) for r in pool]
    d = [[v - m for v in r] for r, m in zip(cs, cbar, strict=True)]
    S = [[sum(a * b for a, b in zip(d[j], d[k], strict=True)) for k in range(p)] for j in range(p)]
    inverse = solve(S, [[Fraction(int(j == k)) for k in range(p)] for j in range(p)])
    cross = [sum(a * (b - ybar) for a, b in zip(d[j], ys, strict=True)) for j in range(p)]
    b = [sum(inverse[j][k] * cross[k] for k in range(p)) for j in range(p)]
    e = [ys[i] - ybar - sum(b[j] * d[j][i] for j in range(p)) for i in range(n)]
    gap = [s - m for s, m in zip(star, cbar, strict=True)]
    s = [[sum(inverse[j][k] * d[k][i] for k in range(p)) for i in range(n)] for j in range(p)]
    h = [Fraction(1, n) + sum(d[j][i] * s[j][i] for j in range(p)) for i in range(n)]
    a = [Fraction(1, n) + sum(gap[j] * s[j][i] for j in range(p)) for i in range(n)]
    u = [e[i] ** 2 / (1 - h[i]) for i in range(n)]
    Sigma = [
        [
            sum((x - star[j]) * (z - star[k]) for x, z in zip(pool[j], pool[k], strict=True)) / (size - 1)
            for k in range(p)
        ]
        for j in range(p)
    ]
    plain = sum(b[j] * Sigma[j][k] * b[k] for j in range(p) for k in range(p))
    noise = sum(Sigma[j][k] * sum(u[i] * s[j][i] * s[k][i] for i in range(n)) for j in range(p) for k in range(p))
    theta = ybar + sum(x * g for x, g in zip(b, gap, strict=True))
    v = sum(a[i] ** 2 * u[i] for i in range(n))
    return {"theta": theta, "v": v, "pool": max(Fraction(0), plain - noise) / size, "slope": b}


def digits(got: float, true: Fraction) -> float:
    """The relative error, so that 9 correct digits are below 5e-10."""
    return abs(float((Fraction(float(got)) - true) / true))


@pytest.mark.parametrize(("models", "closeness"), [(1, 1.0), (2, 1.0), (2, 1e-3)], ids=["one", "two", "collinear"])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_nine_digits_from_rows(offset: float, models: int, closeness: float) -> None:
    for seed in range(5):
        data = study(seed, offset, models=models, closeness=closeness)
        truth = [exact_arm(y, c, s) for y, c, s in zip(data.y, data.c, data.llm_only, strict=True)]
        estimate = estimator("regression").fit(Frame(data.sample(), "exchangeability"), T)
        variance, _ = contrast_variance(estimate, T, "super")
        for d in range(2):
            assert digits(estimate.theta[d] + estimate.frame.sample.origin, truth[d]["theta"]) < NINE_DIGITS
            assert digits(estimate.variance[d], truth[d]["v"]) < NINE_DIGITS
            assert max(map(digits, estimate.slope[d], truth[d]["slope"])) < NINE_DIGITS
        assert digits(variance, sum(x["v"] + x["pool"] for x in truth)) < NINE_DIGITS


@pytest.mark.parametrize("models", [1, 2])
def test_the_effect_has_nine_digits_under_an_offset(models: int) -> None:
    """A difference of means does not know the offset: 0.5 beside 1e8 must not lose half of its digits."""
    for seed in range(5):
        data = study(seed, 1e8, models=models)
        truth = [exact_arm(y, c, s)["theta"] for y, c, s in zip(data.y, data.c, data.llm_only, strict=True)]
        result = calibrate(data.sample(), Plan(estimator="regression")).estimates[0].result
        assert digits(result.estimate, truth[1] - truth[0]) < NINE_DIGITS


def test_moments_under_an_offset_say_the_same_as_without() -> None:
    """A covariance carries no offset; only the means do."""
    for seed in range(5):
        near, far = (as_moments(study(seed, offset).sample()) for offset in (0.0, 1e8))
        fits = [estimator("regression").fit(Frame(s, "exchangeability"), T) for s in (near, far)]
        assert fits[1].slope == pytest.approx(fits[0].slope, rel=1e-9)
        assert contrast_variance(fits[1], T, "super") == pytest.approx(contrast_variance(fits[0], T, "super"), rel=1e-7)
