"""Pools: where a regression is evaluated, and with what weights its units stand there.

Formula: cbar* = sum q_i c_i over the pool, T = 1 / sum q_i^2, Sigma = sum q_i (c_i - cbar*)(c_i - cbar*)' T/(T - 1).
Weights q: equal (1/T) without survey weights. With them, inside each source (all humans of the pool; its LLM-only
units) w is rescaled to sum to Kish's n = (sum w)^2 / sum w^2, then all are normalised to sum to 1. Under ``sampling``
(known sampling probabilities) q = w / sum w over the whole frame, humans and others alike.
Shapes: mean (p,), covariance and sampling (p, p), shares (n,) per source. Units: those of the columns.
Assumes: what the identification says. Raises: nothing.
Source: Kish (1965), Survey Sampling; Sarndal, Swensson & Wretman (1992), chapter 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.moments import FloatArray, Moments, kish, merge
from service.calibration.sample import Units


@dataclass(frozen=True, slots=True)
class Pool:
    """Where a regression is evaluated: mean (p,) and covariance (p, p) of c over ``size`` units.

    ``sampling`` is the covariance with the rows and columns of known population means set to 0: only estimated means
    vary. ``humans`` are the arms whose humans are in the pool, ``llm_only`` the index of its LLM-only source.
    ``shares`` are the weights q of the units, the humans' arms first; None: equal.
    """

    mean: FloatArray
    covariance: FloatArray
    sampling: FloatArray
    size: float
    humans: tuple[int, ...]
    llm_only: int | None
    shares: tuple[FloatArray, ...] | None = None

    def share(self, arm: int | None) -> FloatArray | float:
        """Weights q of an arm's humans, or of the LLM-only units (None): (n,), or one number where they are equal."""
        if self.shares is None:
            return 1.0 / self.size
        return self.shares[-1 if arm is None else self.humans.index(arm)]

    def reach(self, c: FloatArray, slope: FloatArray, arm: int | None) -> FloatArray:
        """q_i B'(c_i - cbar*) of a source's units (n,) for a slope B (p,), known population means left out."""
        estimated = self.estimated(slope)
        return np.asarray(self.share(arm) * (estimated @ c - float(estimated @ self.mean)))

    def estimated(self, slope: FloatArray) -> FloatArray:
        """The slope on columns whose pool mean is estimated; 0 on those whose population mean is known."""
        return np.where(np.diag(self.sampling) > 0.0, slope, 0.0)


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a pool: the arms of its humans, and the index of its LLM-only source (None: left out)."""

    humans: tuple[int, ...]
    llm_only: int | None


def of_moments(members: Members, parts: Sequence[Moments], known: FloatArray) -> Pool:
    """The pool of sources whose units have equal weights, from the moments of c of each."""
    whole = merge(parts)
    covariance = whole.covariance() if whole.n > 1 else np.zeros_like(whole.scatter)
    return _with_known(Pool(whole.mean, covariance, covariance, whole.n, members.humans, members.llm_only), known)


def of_rows(members: Members, parts: Sequence[Units], known: FloatArray, *, frame_weights: bool) -> Pool:
    """The pool of weighted units: humans arm by arm, then LLM-only units; ``frame_weights``: q = w / sum w."""
    n_humans = len(members.humans)
    groups = [parts] if frame_weights else [parts[:n_humans], parts[n_humans:]]
    balanced = not frame_weights
    shares = [q for group in groups if group for q in shares_of([weight(u) for u in group], balanced=balanced)]
    total = sum(float(q.sum()) for q in shares)
    shares = [q / total for q in shares]
    q, c = np.concatenate(shares), np.concatenate([u.c for u in parts], axis=1)
    size = 1.0 / float(q @ q)
    mean = c @ q
    deviations = c - mean[:, None]
    covariance = (deviations * q) @ deviations.T * (size / (size - 1.0) if size > 1.0 else 0.0)
    pool = Pool(mean, covariance, covariance, size, members.humans, members.llm_only, tuple(shares))
    return _with_known(pool, known)


def weight(units: Units) -> FloatArray:
    """The survey weights of a source (n,); 1 where none were given."""
    return np.broadcast_to(1.0, (units.n,)) if units.weight is None else units.weight


def shares_of(weights: Sequence[FloatArray], *, balanced: bool) -> list[FloatArray]:
    """Weights of the parts of one source, to any scale; ``balanced``: such that they sum to Kish's n."""
    whole = joined(weights)
    if whole.strides == (0,):
        return list(weights)
    scale = kish(whole) / float(whole.sum()) if balanced else 1.0
    return [w * scale for w in weights]


def joined(weights: Sequence[FloatArray]) -> FloatArray:
    """Weights one behind the other (n,); where all are 1, no memory is filled with them."""
    if all(w.strides == (0,) for w in weights) and len({float(w[0]) for w in weights if w.size}) == 1:
        return np.broadcast_to(next(w[0] for w in weights if w.size), (sum(w.size for w in weights),))
    return np.concatenate(weights)


def _with_known(pool: Pool, known: FloatArray) -> Pool:
    fixed = np.isfinite(known)
    if not fixed.any():
        return pool
    mean = np.where(fixed, known, pool.mean)
    sampling = np.where(fixed[:, None] | fixed[None, :], 0.0, pool.covariance)
    return Pool(mean, pool.covariance, sampling, pool.size, pool.humans, pool.llm_only, pool.shares)
