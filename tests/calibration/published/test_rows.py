from __future__ import annotations

import numpy as np
import pytest

from service.calibration.errors import NotIdentified
from service.calibration.published.rows import least_squares
from tests.calibration.published.studies import drawn


def test_counts():
    rows = drawn(0, "linear", 17, 40)
    assert (rows.n, rows.m) == (17, 40)


def test_least_squares_solves_the_normal_equations_whatever_the_units():
    rows = drawn(1, "linear")
    x = rows.x * np.array([[1.0], [1e6], [1e-6]])
    theta = least_squares(x, np.column_stack([rows.y, rows.f]))
    assert theta.shape == (3, 2)
    for t, target in enumerate((rows.y, rows.f)):
        expected = np.linalg.lstsq(rows.x.T, target, rcond=None)[0] / [1.0, 1e6, 1e-6]
        assert theta[:, t] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("break_it", ["zero", "repeated", "short"])
def test_dependent_terms_are_refused(break_it):
    x = drawn(2, "linear").x.copy()
    if break_it == "zero":
        x[1] = 0.0
    elif break_it == "repeated":
        x[2] = 3.0 * x[1] - x[0]
    else:
        x = x[:, [int(np.argmin(x[1])), int(np.argmax(x[1]))]]
    with pytest.raises(NotIdentified) as refused:
        least_squares(x, np.ones((x.shape[1], 1)))
    assert refused.value.problems[0].code == "collinear_terms"
    assert refused.value.problems[0].hint
