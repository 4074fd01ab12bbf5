from __future__ import annotations

import numpy as np
import pytest

from service.calibration.moments import centred, merge, of_columns, of_covariance

ROWS = np.array([[1.0, 2.0, 4.0], [0.0, 5.0, 1.0]])


def test_of_columns_by_hand() -> None:
    found = of_columns(ROWS)
    assert found.n == 3
    assert found.mean == pytest.approx([7 / 3, 2.0])
    assert found.scatter == pytest.approx(np.array([[14 / 3, 0.0], [0.0, 14.0]]))
    assert found.covariance() == pytest.approx(np.cov(ROWS))
    assert found.covariance(0) == pytest.approx(np.cov(ROWS, ddof=0))


def test_centred_gives_the_deviations_beside() -> None:
    found, deviations = centred(ROWS)
    assert deviations == pytest.approx(ROWS - found.mean[:, None])
    assert found.scatter == pytest.approx(deviations @ deviations.T)


def test_select_keeps_the_asked_order() -> None:
    found = of_columns(ROWS).select([1, 0])
    assert found.mean == pytest.approx([2.0, 7 / 3])
    assert np.diag(found.scatter) == pytest.approx([14.0, 14 / 3])
    assert of_columns(ROWS).without_first().mean == pytest.approx([2.0])


def test_a_covariance_divides_by_n_minus_1() -> None:
    whole = of_columns(ROWS)
    back = of_covariance(whole.n, whole.mean, np.cov(ROWS))
    assert back.scatter == pytest.approx(whole.scatter)


def test_merging_is_one_set_of_rows() -> None:
    parts = [of_columns(ROWS[:, [0]]), of_columns(ROWS[:, [1]]), of_columns(ROWS[:, [2]])]
    merged, whole = merge(parts), of_columns(ROWS)
    assert merged.n == 3
    assert merged.mean == pytest.approx(whole.mean, rel=1e-15)
    assert merged.scatter == pytest.approx(whole.scatter, rel=1e-15, abs=1e-14)
    assert merge([whole]) is whole


@pytest.mark.parametrize("level", [0.0, 3.0, 5.0, 1e4])
def test_near_and_far_from_0_the_scatter_is_the_same(level: float) -> None:
    """Raw second moments serve near 0, deviations elsewhere: both to rounding of the values themselves."""
    rows = np.random.default_rng(1).normal(size=(3, 500))
    assert of_columns(rows + level).scatter == pytest.approx(of_columns(rows).scatter, rel=1e-11, abs=1e-9)
    found, _ = centred(rows + level)
    assert of_columns(rows + level).scatter == pytest.approx(found.scatter, rel=1e-13, abs=1e-11)
