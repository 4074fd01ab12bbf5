from __future__ import annotations

import numpy as np
import pytest

from service.calibration.estimate import Frame
from service.calibration.least_squares import Arm
from service.calibration.ridge import GRID, MOST, ridge
from service.calibration.sample import Column, Sample, Units


def sample(y: np.ndarray, c: np.ndarray, weight: np.ndarray | None = None) -> Sample:
    columns = tuple(Column(f"m{j}", "prediction", f"m{j}") for j in range(c.shape[0]))
    return Sample(("all",), "independent", columns, (Units(c, y, weight),), (Units(c),), ("/data",))


def arm(y: np.ndarray, c: np.ndarray, weight: np.ndarray | None = None) -> Arm:
    return Frame(sample(y, c, weight), "exchangeability").arms[0]


def study(seed: int, n: int = 24, p: int = 10, signal: float = 0.6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    c = rng.standard_normal((p, n)) * np.linspace(0.1, 40.0, p)[:, None] + rng.standard_normal(n)
    z = (c - c.mean(axis=1, keepdims=True)) / c.std(axis=1, keepdims=True)
    return signal * z.sum(axis=0) / np.sqrt(p) + rng.standard_normal(n), c, rng.uniform(0.5, 2.0, n)


def solved(y: np.ndarray, c: np.ndarray, w: np.ndarray, penalty: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Intercept at the weighted means, slope, and effective columns of the weighted ridge equations."""
    w = w / w.mean()
    n = len(y)
    spread = np.sqrt(np.average((c - np.average(c, axis=1, weights=w)[:, None]) ** 2, axis=1, weights=w))
    design = np.vstack([np.ones(n), (c - np.average(c, axis=1, weights=w)[:, None]) / spread[:, None]])
    penalties = np.diag([0.0] + [n * penalty] * len(c))
    inverse = np.linalg.inv((design * w) @ design.T + penalties)
    hat = design.T @ inverse @ (design * w)
    return hat @ y, inverse[1:] @ ((design * w) @ y) / spread, hat


@pytest.mark.parametrize("weighted", [False, True])
def test_slope_and_residuals_are_those_of_fits_that_left_the_human_out(weighted: bool) -> None:
    """Every left-out residual is recomputed by a fit without the human, at the column scale of all humans."""
    y, c, w = study(1)
    w = w if weighted else np.ones_like(w)
    found = ridge(arm(y, c, w if weighted else None), range(10))
    kish = w.sum() ** 2 / (w @ w)
    w = w / w.mean()
    spread = np.sqrt(np.average((c - np.average(c, axis=1, weights=w)[:, None]) ** 2, axis=1, weights=w))
    left, slopes, effective = [], [], []
    for penalty in GRID[:-1]:
        _, slope, hat = solved(y, c, w, penalty)
        if np.trace(hat) - 1.0 > MOST * kish:
            continue
        errors = []
        for i in range(len(y)):
            keep = np.arange(len(y)) != i
            design = np.vstack([np.ones(len(y)), c / spread[:, None]])
            inner = (design[:, keep] * w[keep]) @ design[:, keep].T + np.diag([0.0] + [len(y) * penalty] * 10)
            errors.append(y[i] - design[:, i] @ np.linalg.solve(inner, (design[:, keep] * w[keep]) @ y[keep]))
        left.append(errors)
        slopes.append(slope)
        effective.append(np.trace(hat) - 1.0)
    left.append([y[i] - np.average(np.delete(y, i), weights=np.delete(w, i)) for i in range(len(y))])
    slopes.append(np.zeros(10))
    effective.append(0.0)
    left = np.array(left)
    squares = w * left**2
    best = squares.sum(axis=1).argmin()
    choice = (squares.sum(axis=1)[:, None] - squares).argmin(axis=0)
    assert found.slope == pytest.approx(slopes[best], rel=1e-8)
    expected = left[choice, np.arange(len(y))] * (1.0 - w / len(y))
    assert found.residual == pytest.approx(expected, rel=1e-8)
    assert found.effective == pytest.approx(max(effective[best], np.mean(np.array(effective)[choice])), rel=1e-8)
    assert len(set(choice.tolist())) > 1


def test_scale_and_order_of_columns_change_nothing() -> None:
    y, c, _ = study(2)
    found, order = ridge(arm(y, c), range(10)), np.random.default_rng(1).permutation(10)
    scale = np.array([-3.0, 1e6, 1e-6, 1.0, 2.0, -1.0, 50.0, 7.0, 0.1, 4.0])
    moved = ridge(arm(y, (scale[:, None] * c + 5.0)[order]), range(10))
    assert moved.slope == pytest.approx((found.slope / scale)[order], rel=1e-8)
    assert moved.residual == pytest.approx(found.residual, rel=1e-8)


def test_unused_columns_get_slope_0() -> None:
    y, c, _ = study(3)
    found = ridge(arm(y, c), range(0, 10, 2))
    assert (found.slope[1::2] == 0.0).all()
    assert (found.slope[::2] != 0.0).all()


def test_more_columns_than_humans_are_no_obstacle() -> None:
    y, c, _ = study(2, n=12, p=30, signal=3.0)
    found = ridge(arm(y, c), range(30))
    assert 0.0 < found.effective <= MOST * 12
    twice = ridge(arm(y, np.vstack([c, c])), range(60))
    assert twice.slope[:30] == pytest.approx(twice.slope[30:], rel=1e-9)


def test_a_worthless_llm_gets_no_slope_more_often_than_not() -> None:
    none = sum(ridge(arm(*study(seed, signal=0.0)[:2]), range(10)) is None for seed in range(200))
    assert 90 < none < 150


def test_shares_decide_together_so_that_their_slopes_sum_to_0() -> None:
    _, c, _ = study(5, signal=2.0)
    z = (c - c.mean(axis=1, keepdims=True)) / c.std(axis=1, keepdims=True)
    codes = np.digitize(z[:3].sum(axis=0), [-1.0, 1.0])
    indicators = np.equal(codes, np.arange(3)[:, None]).astype(float)
    deviations = indicators - indicators.mean(axis=1, keepdims=True)
    found = [ridge(arm(y, c), range(10), deviations) for y in indicators]
    assert np.sum([f.slope for f in found], axis=0) == pytest.approx(np.zeros(10), abs=1e-12)
    assert len({f.effective for f in found}) == 1
