"""Weights, clusters and sampling probabilities by explicit matrices: slow, and written apart from the product.

Every arm's regression is X (n, 1 + p) with hat matrix H = X (X'OX)^{-1} X'O; nothing is factorised or summed cleverly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.linalg import eigh, inv


@dataclass(frozen=True)
class SurveyArm:
    """Humans of one arm: y (n,), c (p, n), omega (n,) regression weights, w (n,) survey weights, cluster codes (n,)."""

    y: np.ndarray
    c: np.ndarray
    omega: np.ndarray
    w: np.ndarray
    cluster: np.ndarray


@dataclass(frozen=True)
class Only:
    """LLM-only units: c (p, m), w (m,), cluster codes (m,)."""

    c: np.ndarray
    w: np.ndarray
    cluster: np.ndarray


def pool(arms: list[SurveyArm], only: Only | None, *, frame_weights: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """c (p, T), weights q (T,) and cluster codes (T,) of a pool: humans arm by arm, then LLM-only units."""
    c = np.hstack([*(a.c for a in arms), *([only.c] if only else [])])
    codes = np.concatenate([*(a.cluster for a in arms), *([only.cluster] if only else [])])
    w = np.concatenate([a.w for a in arms])
    if frame_weights:
        q = np.concatenate([w, *([only.w] if only else [])])
        return c, q / q.sum(), codes
    sources = [w, *([only.w] if only else [])]
    q = np.concatenate([s / s.sum() * (s.sum() ** 2 / (s**2).sum()) for s in sources])
    return c, q / q.sum(), codes


def arm_parts(arm: SurveyArm, reference: np.ndarray, slope: np.ndarray | None) -> dict[str, np.ndarray]:
    """Estimate, a, e, H of an arm on its own weighted slope (None) or on a fixed one."""
    n = arm.y.shape[0]
    O = np.diag(arm.omega)
    X = np.ones((n, 1)) if slope is not None else np.column_stack([np.ones(n), arm.c.T])
    y = arm.y if slope is None else arm.y - slope @ arm.c
    at = np.array([1.0]) if slope is not None else np.concatenate([[1.0], reference])
    G = inv(X.T @ O @ X)
    H = X @ G @ X.T @ O
    beta = G @ X.T @ O @ y
    theta = at @ beta + (0.0 if slope is None else slope @ reference)
    b = beta[1:] if slope is None else slope
    return {"theta": theta, "a": O @ X @ G @ at, "e": y - H @ y, "H": H, "b": b}


def weighted(arms, only, t, slopes, *, frame_weights=False):
    """tau, Var and each arm's (v, df) in the joint influence form; one shared pool."""
    c, q, _ = pool(arms, only, frame_weights=frame_weights)
    mean, T = c @ q, 1.0 / (q @ q)
    parts = [arm_parts(a, mean, s) for a, s in zip(arms, slopes, strict=True)]
    B = sum(t[d] * p["b"] for d, p in enumerate(parts))
    P = q * (B @ (c - mean[:, None])) * np.sqrt(T / (T - 1))
    start, total, by_arm = 0, 0.0, []
    for d, (arm, p) in enumerate(zip(arms, parts, strict=True)):
        n = arm.y.shape[0]
        kept = np.eye(n) - p["H"]
        g = (kept**2).sum(axis=1)
        r = p["a"] * p["e"] / np.sqrt(g)
        K = kept.T @ np.diag(p["a"] ** 2 / g) @ kept
        by_arm.append((r @ r, np.trace(K) ** 2 / np.trace(K @ K)))
        total += ((t[d] * r + P[start : start + n]) ** 2).sum()
        start += n
    total += (P[start:] ** 2).sum()
    return sum(t[d] * p["theta"] for d, p in enumerate(parts)), total, by_arm


def clustered(arms, only, t, slopes):
    """tau, Var and df with CR2 and the pool's part inside every cluster; equal weights, one shared pool."""
    c, q, pool_codes = pool(arms, only, frame_weights=False)
    mean = c @ q
    parts = [arm_parts(a, mean, s) for a, s in zip(arms, slopes, strict=True)]
    B = sum(t[d] * p["b"] for d, p in enumerate(parts))
    G_T = np.unique(pool_codes).size
    P = q * (B @ (c - mean[:, None])) * np.sqrt(G_T / (G_T - 1))
    sizes = [a.y.shape[0] for a in arms]
    N = sum(sizes)
    H, a, e = np.zeros((N, N)), np.zeros(N), np.zeros(N)
    codes = np.concatenate([arm.cluster for arm in arms])
    start = 0
    for d, (n, p) in enumerate(zip(sizes, parts, strict=True)):
        rows = slice(start, start + n)
        H[rows, rows], a[rows], e[rows] = p["H"], t[d] * p["a"], p["e"]
        start += n
    humans = np.unique(codes)
    Z, values = np.zeros((N, humans.size)), np.zeros(humans.size)
    for j, g in enumerate(humans):
        mine = np.flatnonzero(codes == g)
        value, vector = eigh(np.eye(mine.size) - H[np.ix_(mine, mine)])
        root = np.where(value > 1e-10, 1 / np.sqrt(np.maximum(value, 1e-300)), 0.0)
        A = vector @ np.diag(root) @ vector.T
        turned = np.zeros(N)
        turned[mine] = A @ a[mine]
        values[j] = turned @ e + P[pool_codes == g].sum()
        Z[:, j] = (np.eye(N) - H) @ turned
    rest = [P[pool_codes == g].sum() for g in np.setdiff1d(pool_codes, humans)]
    K = Z.T @ Z
    tau = sum(t[d] * p["theta"] for d, p in enumerate(parts))
    return tau, (values**2).sum() + sum(r**2 for r in rest), np.trace(K) ** 2 / np.trace(K @ K)


def leave_one_out(arms, only, t, slopes, *, frame_weights=False):
    """tau, Var and df by refitting without each cluster; weights and clusters together."""

    def tau(some, rest):
        c, q, _ = pool(some, rest, frame_weights=frame_weights)
        mean = c @ q
        return sum(t[d] * arm_parts(a, mean, s)["theta"] for d, (a, s) in enumerate(zip(some, slopes, strict=True)))

    def without(g):
        some = [SurveyArm(*(v[..., a.cluster != g] for v in (a.y, a.c, a.omega, a.w, a.cluster))) for a in arms]
        if only is None:
            return some, None
        return some, Only(*(v[..., only.cluster != g] for v in (only.c, only.w, only.cluster)))

    whole = tau(arms, only)
    humans = np.unique(np.concatenate([a.cluster for a in arms]))
    rest = np.setdiff1d(only.cluster, humans) if only is not None else []
    total = 0.0
    for group in (humans, rest):
        if len(group):
            total += (len(group) - 1) / len(group) * sum((tau(*without(g)) - whole) ** 2 for g in group)
    return whole, total, len(humans) - np.count_nonzero(t)
