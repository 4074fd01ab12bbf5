from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts import stacked as module
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.stacked import picked, screened, stacked

COLUMNS = [np.array([k, np.nan, 2.0 * k, -1.0]) for k in range(7)]


@pytest.fixture(params=[1, 8, 11, 200_000])
def _held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", request.param)


@pytest.mark.usefixtures("_held")
def test_every_column_stands_in_one_matrix_at_its_place() -> None:
    for cut, values in stacked(COLUMNS):
        assert values.size <= max(4, module.HELD)
        np.testing.assert_array_equal(values, np.array(COLUMNS[cut]))
    assert sum(len(values) for _, values in stacked(COLUMNS)) == 7


def test_a_column_alone_is_not_copied_and_none_is_no_matrix() -> None:
    ((_, values),) = stacked(COLUMNS[:1])
    assert values.base is COLUMNS[0]
    assert list(stacked([])) == []


@pytest.mark.usefixtures("_held")
def test_columns_are_screened_for_what_is_missing_or_too_large() -> None:
    columns = [*COLUMNS, np.array([0.0, np.inf, 1.0, 2.0]), np.array([0.0, 1.0, -1e71, np.nan])]
    columns.append(Labels(np.array([0, -1, 1, 0]), ("a", "b")))
    present = np.empty((10, 4), dtype=bool)
    assert np.flatnonzero(screened(columns, present)).tolist() == [7, 8]
    assert present[0].tolist() == [True, False, True, True]
    assert present[8:].tolist() == [[True, True, True, False], [True, False, True, True]]


@pytest.mark.usefixtures("_held")
def test_rows_are_picked_from_every_column() -> None:
    rows = np.array([3, 0, 2])
    assert picked(COLUMNS, rows).tolist() == [[-1.0, k, 2.0 * k] for k in range(7)]
    used = np.array([[True, k % 2 == 0, k % 2 == 1] for k in range(7)])
    assert picked(COLUMNS, rows, used).tolist() == [[-1.0, 1.0 * k if k % 2 == 0 else 2.0 * k] for k in range(7)]
