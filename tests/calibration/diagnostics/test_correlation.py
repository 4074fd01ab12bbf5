from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from service.calibration.diagnostics.correlation import correlation, vary
from service.calibration.diagnostics.study import Pairs
from service.calibration.moments import of_columns
from tests.calibration.diagnostics.studies import correlated

DATA = correlated(7, 400, 0)
ROWS = np.array([DATA.human, DATA.llm])


def test_from_moments_it_is_fishers_interval() -> None:
    found = correlation(None, of_columns(ROWS), 0.95)
    r = np.corrcoef(ROWS)[0, 1]
    assert found.value == pytest.approx(r)
    half = stats.t.ppf(0.975, 397) / np.sqrt(397)
    assert np.arctanh(found.interval.lower) == pytest.approx(np.arctanh(r) - half)
    assert found.p_value == pytest.approx(2 * stats.t.sf(np.arctanh(r) * np.sqrt(397), 397), rel=1e-6)


def test_of_gaussian_pairs_it_is_close_to_fishers() -> None:
    pairs = correlation(Pairs(*ROWS), of_columns(ROWS), 0.95)
    moments = correlation(None, of_columns(ROWS), 0.95)
    assert pairs.interval.lower == pytest.approx(moments.interval.lower, abs=0.02)
    assert pairs.interval.upper == pytest.approx(moments.interval.upper, abs=0.02)


def test_constant_answers_do_not_vary() -> None:
    assert vary(of_columns(ROWS))
    assert not vary(of_columns(np.array([ROWS[0], np.full(400, 3.0)])))
