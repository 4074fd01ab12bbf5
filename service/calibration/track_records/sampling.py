"""Sampling errors of the human effects: correlated blocks turned into uncorrelated rows.

Formula: with V block diagonal up to order (blocks: effects joined by nonzero covariances), V + diag(c) = Q diag(v) Q'
block by block; rows Q'y, Q'X have variances v, and v + t once t I is added. Where c is one number within a block, Q is
that of V.
**Shapes** n effects, V (n, n), c (n,); the work is the sum over blocks of size^3.
**Units** squared units of the effects.
**Assumes** V is known: standard errors as reported.
**Breaks** covariances that are left out make intervals of records with several contrasts per study too short.
**Raises** NotIdentified (not_positive) for a V with a negative eigenvalue.
**Source** spectral theorem.
**Differs** in nothing; variances below 1e-10 of the largest are raised to that, so that no effect outweighs all others
beyond double precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import NotIdentified
from service.calibration.moments import FloatArray
from service.calibration.track_records.record import TrackRecord
from service.calibration.track_records.reml import Rows

LEAST, ROUNDING = 1e-10, 1e-12
NEGATIVE = -1e-8  # an eigenvalue relative to the largest


@dataclass(frozen=True, slots=True)
class Block:
    """Correlated effects: which, their covariance (b, b), its eigenvalues (b,) and vectors (b, b)."""

    rows: NDArray[np.intp]
    covariance: FloatArray
    values: FloatArray
    vectors: FloatArray


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling variances (n,) of the human estimates, and the blocks of those that are correlated."""

    variance: FloatArray
    blocks: tuple[Block, ...] = ()


def sampling(record: TrackRecord) -> Sampling:
    """The sampling errors of a record; raises ``NotIdentified``."""
    variance = record.human.standard_error**2
    if record.covariance is None:
        return Sampling(variance)
    matrix = (record.covariance + record.covariance.T) / 2.0
    np.fill_diagonal(matrix, variance)
    blocks = tuple(_block(rows, matrix[np.ix_(rows, rows)]) for rows in joined(matrix) if len(rows) > 1)
    if any(block.values[0] < NEGATIVE * block.values[-1] for block in blocks):
        text, hint = "the covariance has a negative eigenvalue", "estimate all entries on the same humans"
        raise NotIdentified.at("/covariance", "not_positive", text, hint)
    return Sampling(variance, blocks)


def joined(matrix: FloatArray) -> list[NDArray[np.intp]]:
    """The effects (sorted) that nonzero covariances join, block by block."""
    left, found = np.ones(len(matrix), dtype=bool), []
    for start in range(len(matrix)):
        if not left[start]:
            continue
        members, edge = np.zeros(len(matrix), dtype=bool), np.array([start])
        while len(edge):
            members[edge] = True
            edge = np.flatnonzero((matrix[edge] != 0).any(axis=0) & ~members)
        left &= ~members
        found.append(np.flatnonzero(members))
    return found


def cubes(record: TrackRecord) -> float:
    """What the decompositions of its blocks cost: the sum of their cubed sizes; of a checked record."""
    if record.covariance is None:
        return 0.0
    return float(sum(len(rows) ** 3 for rows in joined(record.covariance) if len(rows) > 1))


def rotated(errors: Sampling, more: FloatArray, y: FloatArray, x: FloatArray) -> Rows:
    """Uncorrelated rows of outcomes y (n,) and columns x (n, p); ``more`` (n,) is added to the variances."""
    variance, turned_y, turned_x = errors.variance + more, y.copy(), x.copy()
    for block in errors.blocks:
        rows = block.rows
        values, vectors = _with(block, more[rows])
        variance[rows], turned_y[rows], turned_x[rows] = values, vectors.T @ y[rows], vectors.T @ x[rows]
    return Rows(turned_y, turned_x, np.maximum(variance, LEAST * variance.max()))


def _block(rows: NDArray[np.intp], covariance: FloatArray) -> Block:
    values, vectors = np.linalg.eigh(covariance)
    return Block(rows, covariance, values, vectors)


def _with(block: Block, more: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues and vectors of the covariance with ``more`` (b,) on its diagonal."""
    if np.ptp(more) <= ROUNDING * np.abs(more).max():
        return block.values + more.mean(), block.vectors
    values, vectors = np.linalg.eigh(block.covariance + np.diag(more))
    return values, vectors
