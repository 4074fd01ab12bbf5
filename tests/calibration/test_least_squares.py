from __future__ import annotations

import numpy as np
import pytest

from service.calibration.least_squares import Arm, fit, inverse_factor
from service.calibration.moments import centred, of_columns

RNG = np.random.default_rng(5)
Y, C = RNG.normal(size=30), RNG.normal(size=(3, 30))


def arm(c: np.ndarray, y: np.ndarray = Y, *, rows: bool = True) -> Arm:
    joint, deviations = centred(np.vstack([y, c]))
    return Arm(joint, deviations if rows else None)


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
def test_slope_and_r_squared_are_those_of_lstsq(rows: bool) -> None:
    found = fit(arm(C, rows=rows), [0, 1, 2])
    design = np.column_stack([np.ones(30), C.T])
    beta, rss, *_ = np.linalg.lstsq(design, Y)
    assert found.slope == pytest.approx(beta[1:])
    assert found.rss == pytest.approx(rss[0])
    assert found.r_squared == pytest.approx(1.0 - rss[0] / ((Y - Y.mean()) ** 2).sum())
    assert found.adjusted_r_squared == pytest.approx(1.0 - (1.0 - found.r_squared) * 29 / 26)
    assert (found.n, found.rank, found.kept, found.spare) == (30, 3, (0, 1, 2), True)
    centred_c = C - C.mean(axis=1, keepdims=True)
    assert found.loading @ found.loading.T == pytest.approx(np.linalg.inv(centred_c @ centred_c.T))


def test_rows_carry_residuals_and_leverages() -> None:
    found = fit(arm(C), [0, 1, 2])
    design = np.column_stack([np.ones(30), C.T])
    hat = design @ np.linalg.inv(design.T @ design) @ design.T
    assert found.rows.leverage == pytest.approx(np.diag(hat))
    assert found.rows.residual == pytest.approx(Y - hat @ Y)
    assert fit(arm(C, rows=False), [0, 1, 2]).rows is None


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        (np.vstack([C[0], C[0], C[1]]), (0, 2)),
        (np.vstack([C[0], C[1], 2.0 * C[0] - C[1] + 7.0]), (0, 1)),
        (np.vstack([np.full(30, 4.0), C[0]]), (1,)),
        (np.vstack([np.full(30, 1e9), np.full(30, 0.1)]), ()),
        (np.vstack([C[0], C[0] + 1e-14 * C[1]]), (0,)),
    ],
    ids=["copy", "combination", "constant", "only constants", "rounding"],
)
def test_dependent_columns_are_dropped_in_order(rows: bool, columns: np.ndarray, kept: tuple[int, ...]) -> None:
    found = fit(arm(columns, rows=rows), range(len(columns)))
    assert found.kept == kept
    alone = fit(arm(columns, rows=rows), kept)
    assert found.slope == pytest.approx(alone.slope)
    assert found.rss == pytest.approx(alone.rss)
    assert not found.slope[[j for j in range(len(columns)) if j not in kept]].any()


def test_unused_columns_get_slope_0() -> None:
    found = fit(arm(C), [1])
    assert found.slope[[0, 2]].tolist() == [0.0, 0.0]
    assert found.slope[1] == pytest.approx(fit(arm(C[1:2]), [0]).slope[0])
    none = fit(arm(C), [])
    assert (none.rank, none.rss) == (0, pytest.approx(29 * np.var(Y, ddof=1)))


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
def test_more_columns_than_humans_leave_no_spare(rows: bool) -> None:
    found = fit(arm(C[:, :4], Y[:4], rows=rows), [0, 1, 2])
    assert found.rank == 3
    assert not found.spare
    wide = fit(arm(np.vstack([C, C**2])[:, :4], Y[:4], rows=rows), range(6))
    assert wide.rank == 3
    assert not wide.spare


def test_a_perfect_fit_from_moments_has_no_negative_rss() -> None:
    found = fit(arm(np.vstack([Y, C[0]]), rows=False), [0, 1])
    assert found.rss == pytest.approx(0.0, abs=1e-12)
    assert found.rss >= 0.0


def test_inverse_factor_is_the_inverse() -> None:
    joint = of_columns(C)
    kept, loading = inverse_factor(joint.scatter, joint.mean, joint.n, [2, 0])
    assert kept == (2, 0)
    inverse = np.linalg.inv(joint.scatter[np.ix_([2, 0], [2, 0])])
    assert (loading @ loading.T)[np.ix_([2, 0], [2, 0])] == pytest.approx(inverse)
    assert inverse_factor(np.zeros((2, 2)), np.zeros(2), 9, [0, 1])[0] == ()
