"""Variances within strata against explicit centring matrices."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.within import centred, deviations, traces

STRATA = np.array([2, 0, 2, 0, 2, 5, 5, 0, 0, 2, 5])


def matrix(strata: np.ndarray) -> np.ndarray:
    """C (n, n): deviations from stratum means times sqrt(n_h / (n_h - 1)); a lone value stays."""
    n = strata.size
    found = np.eye(n)
    for h in np.unique(strata):
        at = np.flatnonzero(strata == h)
        if at.size > 1:
            block = (np.eye(at.size) - 1.0 / at.size) * np.sqrt(at.size / (at.size - 1.0))
            found[np.ix_(at, at)] = block
    return found


@pytest.mark.parametrize("strata", [STRATA, np.append(STRATA[:-1], 9)])
def test_values_are_centred_in_their_strata(strata: np.ndarray) -> None:
    z = np.random.default_rng(1).standard_normal(11) + strata
    assert centred(z, strata) == pytest.approx(matrix(strata) @ z, rel=1e-12)
    variance = sum(np.sum(strata == h) * np.var(z[strata == h], ddof=1) for h in np.unique(STRATA))
    if np.array_equal(strata, STRATA):
        assert float(centred(z, strata) @ centred(z, strata)) == pytest.approx(variance, rel=1e-12)


@pytest.mark.parametrize("strata", [STRATA, np.append(STRATA[:-1], 9), np.zeros(11, dtype=int)])
def test_traces_are_those_of_the_centred_matrix(strata: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    own, f = rng.uniform(0.5, 2.0, 11), rng.standard_normal((11, 3))
    whole = matrix(strata) @ (np.diag(own) - f @ f.T) @ matrix(strata)
    assert traces(own, f, strata) == pytest.approx((np.trace(whole), np.vdot(whole, whole)), rel=1e-11)


@pytest.mark.parametrize("weighted", [False, True])
def test_deviations_are_from_the_weighted_means_of_strata(weighted: bool) -> None:
    rng = np.random.default_rng(3)
    z, weight = rng.standard_normal((2, 11)), rng.uniform(0.5, 2.0, 11) if weighted else np.ones(11)
    root = np.sqrt(weight) if weighted else None
    mean = np.array([[np.average(row[h == STRATA], weights=weight[h == STRATA]) for h in STRATA] for row in z])
    sent = (z - 0.3) * (1.0 if root is None else root)
    expected = (z - mean) * (1.0 if root is None else root)
    assert deviations(sent, root, STRATA) == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_what_does_not_vary_within_strata_is_exactly_nothing() -> None:
    levels = np.array([0.1, 0.2, -0.7, 0.0, 0.0, 1e8])[STRATA]
    assert not centred(levels, STRATA).any()
    found = deviations(np.stack((levels, np.arange(11.0))), None, STRATA)
    assert not found[0].any()
    assert found[1].all()
