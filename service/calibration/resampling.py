"""Resampling without loops: sums and sums of squares of influence values under multinomial resampling of a group.

Formula: with w ~ Multinomial(n; 1/n, .., 1/n) for each replicate, sum w_i z_i and sum w_i z_i^2. Units with the same
value are one cell: w over K distinct values is Multinomial(n; counts / n). Groups of more than ``LARGE`` units with
many distinct values take the bivariate normal limit of both sums with their exact means and covariances.
Shapes: values z (n,), results (B,). Units: those of z, and their square.
Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 20.
"""

from __future__ import annotations

from math import sqrt
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from service.calibration.moments import FloatArray, IntArray

FEW = 30  # drawing the count of one cell takes as long as drawing and adding this many units
LARGE = 20_000
FEWEST = 1000  # units below which sums are drawn unit by unit whatever their skewness
SKEWNESS = 0.03
CHUNK = 1 << 16  # drawn values held at a time: they stay in the processor's cache
DIGITS = 2.0**40  # values that agree to 12 digits of the largest are the same: rounding, not data, tells them apart


def generator(seed: int, label: str) -> np.random.Generator:
    """The random numbers of a labelled place: the same for every contrast, model and estimate of a request."""
    return np.random.default_rng([seed, crc32(label.encode())])


def distinct(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distinct values (K,) and their counts (K,); equal up to rounding counts as equal."""
    largest = float(np.abs(values).max())
    if largest == 0.0:
        return np.zeros(1), np.array([values.shape[0]], dtype=np.float64)
    ordered = np.sort(values)
    keys = np.rint(ordered * (DIGITS / largest))
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return ordered[first], np.diff(first, append=values.shape[0]).astype(np.float64)


def resampled(values: FloatArray, replicates: int, generator: np.random.Generator, powers: int = 1) -> FloatArray:
    """Sums of ``values`` (n,) drawn n times with replacement and, with 2 powers, of their squares: (powers, B)."""
    n = values.shape[0]
    cells, counts = distinct(values)
    if cells.shape[0] * FEW <= n or n == 1:
        drawn = generator.multinomial(n, counts / n, size=replicates).astype(np.float64)
        return np.stack([drawn @ cells**power for power in range(1, powers + 1)])
    if n > LARGE:
        return _limit(values, replicates, generator)[:powers]
    return _drawn(values, replicates, generator, powers)


def indices(n: int, rows: int, generator: np.random.Generator) -> IntArray:
    """Uniform indexes below n, shape (rows, n): floor(n u / 2^32) of 32 random bits u.

    Half the time of drawing without the bias, which is below n / 2^32 of each probability.
    """
    bits = generator.bit_generator.random_raw((rows * n + 1) // 2)
    scaled = bits.view(np.uint32)[: rows * n].astype(np.uint64)
    scaled *= np.uint64(n)
    scaled >>= np.uint64(32)
    return scaled.view(np.int64).reshape(rows, n)


def counts(n: int, rows: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """How often each of n units is drawn when n are drawn with replacement, for every replicate: (rows, n).

    In bytes, which hold any count that can be expected: fresh memory costs more than drawing.
    """
    drawn = indices(n, rows, generator)
    drawn += np.arange(0, rows * n, n)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.uint8)


def sums(values: FloatArray, replicates: int, generator: np.random.Generator) -> FloatArray:
    """Sums of every row of ``values`` (q, n) over units drawn n times with replacement, less their totals: (B, q).

    Rows whose sums are normal to less than the replicates can show (``normal_enough``) take the normal limit.
    """
    q, n = values.shape
    centred = values - values.mean(axis=1, keepdims=True)
    if normal_enough(centred):
        size, turn = np.linalg.eigh(centred @ centred.T)
        return np.asarray(generator.standard_normal((replicates, q)) @ (turn * np.sqrt(np.maximum(size, 0.0))).T)
    found = np.empty((replicates, q))
    rows = max(1, CHUNK // n)
    for start in range(0, replicates, rows):
        stop = min(start + rows, replicates)
        found[start:stop] = counts(n, stop - start, generator).astype(np.float64) @ centred.T
    return found


def normal_enough(centred: FloatArray) -> bool:
    """Whether no sum of a row of ``centred`` (q, n) has a skewness above ``SKEWNESS``, or units are ``LARGE`` many.

    A sum with skewness g has its .025 quantile g (1.96^2 - 1)/6 standard errors off the normal one: .014 at most, where
    2,000 replicates leave .06 to chance.
    """
    n = centred.shape[1]
    if n > LARGE:
        return True
    squares = np.einsum("qn,qn->q", centred, centred)
    cubes = np.einsum("qn,qn,qn->q", centred, centred, centred)
    return n >= FEWEST and bool((np.abs(cubes) <= SKEWNESS * squares**1.5).all())


def _drawn(values: FloatArray, replicates: int, generator: np.random.Generator, powers: int) -> FloatArray:
    n = values.shape[0]
    sums = np.empty((powers, replicates))
    rows = max(1, CHUNK // n)
    for start in range(0, replicates, rows):
        stop = min(start + rows, replicates)
        drawn = values.take(indices(n, stop - start, generator), mode="clip")
        np.add.reduce(drawn, axis=1, out=sums[0, start:stop])
        if powers == 2:
            np.einsum("ij,ij->i", drawn, drawn, out=sums[1, start:stop])
    return sums


def _limit(values: FloatArray, replicates: int, generator: np.random.Generator) -> FloatArray:
    both = np.stack((values, values * values))
    centre = both.sum(axis=1)
    deviations = both - centre[:, None] / values.shape[0]
    (a, b), (_, c) = deviations @ deviations.T
    first, second = generator.standard_normal((2, replicates))
    rest = sqrt(max(c - b * b / a, 0.0))
    return np.stack((centre[0] + sqrt(a) * first, centre[1] + b / sqrt(a) * first + rest * second))
