"""ppi-python's rectified distribution function: equal to ours at every human answer, ties included."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from service.calibration.quantiles.counts import count, ppi

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its imports warn; ours are tested elsewhere
    from ppi_py.utils import compute_cdf, compute_cdf_diff


@pytest.mark.parametrize("ties", [False, True])
def test_share_and_variance_are_ppi_pys_but_for_the_divisor(ties: bool) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n, m = int(rng.integers(20, 80)), int(rng.integers(20, 200))
        y, f, only = rng.normal(size=n), rng.normal(size=n), rng.normal(size=m)
        if ties:
            y, f, only = np.round(y), np.round(f), np.round(only)
        grid = np.unique(y)[:-1]
        ours = ppi(count(y, f, only, grid))
        pool, pool_sd = compute_cdf(only, grid, w=np.ones(m))
        gap, gap_sd = compute_cdf_diff(y, f, grid, w=np.ones(n))
        assert ours.share == pytest.approx(pool + gap, rel=1e-10, abs=1e-12)
        expected = pool_sd**2 / (m - 1) + gap_sd**2 / (n - 1)
        assert ours.variance == pytest.approx(expected, rel=1e-10, abs=1e-14)
