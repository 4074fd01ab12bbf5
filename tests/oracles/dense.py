"""Regression calibration by explicit matrices and loops over units: slow, and written apart from the product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.linalg import inv

from tests.calibration.studies import Study


@dataclass(frozen=True)
class Dense:
    """tau, its variance and df; per arm theta (D,), v (D,), df (D,)."""

    tau: float
    variance: float
    df: float
    theta: np.ndarray
    v: np.ndarray
    df_arm: np.ndarray


@dataclass(frozen=True)
class DenseArm:
    """One arm's explicit least squares: slope b, residual e, influence weights a, hat values h, covariance W, df."""

    b: np.ndarray
    e: np.ndarray
    a: np.ndarray
    h: np.ndarray
    theta: float
    v: float
    W: np.ndarray
    df: float


def is_shared(study: Study) -> bool:
    return study.design == "shared" and len(study.y) > 1


def pool_rows(study: Study, identification: str) -> list[np.ndarray]:
    """The columns (p, T_k) of every unit of every pool."""
    if not is_shared(study):
        return [np.hstack([c, *([] if s is None else [s])]) for c, s in zip(study.c, study.llm_only, strict=True)]
    only = [] if identification == "randomization" or study.llm_only[0] is None else [study.llm_only[0]]
    return [np.hstack([*study.c, *only])]


def pool_of(study: Study, arm: int) -> int:
    return 0 if is_shared(study) else arm


def arm_fit(y: np.ndarray, c: np.ndarray, reference: np.ndarray, *, homoskedastic: bool = False) -> DenseArm:
    n, p = y.shape[0], c.shape[0]
    X = np.column_stack([np.ones(n), c.T])
    G = inv(X.T @ X)
    H = X @ G @ X.T
    h, e = np.diag(H), y - H @ y
    b = (G @ X.T @ y)[1:]
    x = np.concatenate([[1.0], reference])
    a = X @ G @ x
    centred = c - c.mean(axis=1, keepdims=True)
    S_inv = inv(centred @ centred.T)
    theta = float(y.mean() + b @ (reference - c.mean(axis=1)))
    if homoskedastic:
        s2 = float(e @ e) / (n - p - 1)
        gap = reference - c.mean(axis=1)
        v = s2 * (1 / n + gap @ S_inv @ gap)
        return DenseArm(b, e, a, h, theta, v, s2 * S_inv, n - p - 1)
    u = e**2 / (1 - h)
    v = sum(a[i] ** 2 * u[i] for i in range(n))
    s = S_inv @ centred
    W = sum(u[i] * np.outer(s[:, i], s[:, i]) for i in range(n))
    K = (np.eye(n) - H).T @ np.diag(a**2 / (1 - h)) @ (np.eye(n) - H)
    return DenseArm(b, e, a, h, theta, float(v), W, float(np.trace(K) ** 2 / np.trace(K @ K)))


def regression(study: Study, t: np.ndarray, identification: str, *, homoskedastic: bool = False) -> Dense:
    pools = pool_rows(study, identification)
    means = [q.mean(axis=1) for q in pools]
    arms = [
        arm_fit(y, c, means[pool_of(study, d)], homoskedastic=homoskedastic)
        for d, (y, c) in enumerate(zip(study.y, study.c, strict=True))
    ]
    variance = sum(t[d] ** 2 * arm.v for d, arm in enumerate(arms))
    bottom = sum((t[d] ** 2 * arm.v) ** 2 / arm.df for d, arm in enumerate(arms))
    for k, q in enumerate(pools):
        mine = [d for d in range(len(arms)) if pool_of(study, d) == k]
        B = sum(t[d] * arms[d].b for d in mine)
        V = sum(t[d] ** 2 * arms[d].W for d in mine)
        T, Sigma = q.shape[1], np.cov(q, ddof=1).reshape(q.shape[0], -1)
        v = max(0.0, B @ Sigma @ B - np.trace(Sigma @ V)) / T
        variance += v
        bottom += v**2 / (T - 1) + 2 * B @ Sigma @ V @ Sigma @ B / T**2
    df_arm = np.array([arm.df for arm in arms])
    theta = np.array([arm.theta for arm in arms])
    df = max(variance**2 / bottom, min(df_arm[d] for d in range(len(arms)) if t[d]))
    return Dense(float(t @ theta), float(variance), float(df), theta, np.array([arm.v for arm in arms]), df_arm)


def joint(
    study: Study, t: np.ndarray, slopes: list[np.ndarray | None], identification: str, *, homoskedastic: bool = False
) -> Dense:
    """The joint influence form, unit by unit; a slope of None is the arm's own least squares.

    ``homoskedastic`` is what moments can know: an arm on its own slope adds v_d and its units' pool part separately.
    """
    pools = pool_rows(study, identification)
    means = [q.mean(axis=1) for q in pools]
    sizes = [q.shape[1] for q in pools]
    own = [
        arm_fit(y, c, means[pool_of(study, d)], homoskedastic=homoskedastic)
        for d, (y, c) in enumerate(zip(study.y, study.c, strict=True))
    ]
    slope = [own[d].b if b is None else b for d, b in enumerate(slopes)]
    B = [sum(t[d] * slope[d] for d in range(len(t)) if pool_of(study, d) == k) for k in range(len(pools))]

    def reach(k: int, c: np.ndarray) -> float:
        return float(B[k] @ (c - means[k])) * np.sqrt(sizes[k] / (sizes[k] - 1)) / sizes[k]

    parts, degrees, theta, v = [], [], [], []
    for d, (y, c) in enumerate(zip(study.y, study.c, strict=True)):
        k, n, total, r2 = pool_of(study, d), y.shape[0], 0.0, 0.0
        for i in range(n):
            if slopes[d] is None:
                r = own[d].a[i] * own[d].e[i] / np.sqrt(1 - own[d].h[i])
            else:
                r = (y[i] - y.mean() - slope[d] @ (c[:, i] - c.mean(axis=1))) / n / np.sqrt(1 - 1 / n)
            r2 += r**2
            split = homoskedastic and slopes[d] is None
            total += reach(k, c[:, i]) ** 2 if split else (t[d] * r + reach(k, c[:, i])) ** 2
        v.append(own[d].v if homoskedastic and slopes[d] is None else r2)
        parts.append(total + (t[d] ** 2 * own[d].v if homoskedastic and slopes[d] is None else 0.0))
        degrees.append(own[d].df if slopes[d] is None else n - 1)
        theta.append(float(y.mean() + slope[d] @ (means[k] - c.mean(axis=1))))
    df_arm = np.array(degrees, dtype=float)
    for k, only in enumerate(study.llm_only):
        if only is not None and not (is_shared(study) and identification == "randomization"):
            parts.append(sum(reach(k, only[:, i]) ** 2 for i in range(only.shape[1])))
            degrees.append(only.shape[1] - 1)
    variance = sum(parts)
    df = variance**2 / sum(p**2 / q for p, q in zip(parts, degrees, strict=True))
    df = max(df, min(df_arm[d] for d in range(len(t)) if t[d]))
    return Dense(float(t @ np.array(theta)), variance, df, np.array(theta), np.array(v), df_arm)
