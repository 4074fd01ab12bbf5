"""The calibrated distribution function at every human answer from counts, for one LLM column and independent units.

Formula: at t the units fall into groups c = 1{f <= t}; with n_c humans, shares m_c = share of {y <= t} in group c,
P_c the pool's share of group c, T the pool's size and b = m_1 - m_0 (least squares on one indicator)
    regression   F = P_0 m_0 + P_1 m_1,  s_c = m_c (1 - m_c)/(n_c - 1),  W = s_0 + s_1
                 v = sum P_c^2 s_c,  A_c = P_c^2/n_c,  df_H = (A_0 + A_1)^2 / sum A_c^2/(n_c - 1)
                 v_T = max(0, (b^2 - W) S / T),  S = P_0 P_1 T/(T - 1)
                 V = v + v_T,  df = V^2/(v^2/df_H + v_T^2/(T - 1) + 2 (b S)^2 W/T^2), not below df_H
    ppi          F = mean_S c + mean_H(y - c),  V = s^2_H(y - c)/n + s^2_S(c)/m, S the m LLM-only units
    human_only   F = mean_H 1{y <= t},  V = F (1 - F)/(n - 1),  df = n - 1
Where fewer than 3 humans are in one of the groups (``rare_indicator``) regression is human_only at that t.
Shapes: y (n,), f (n,), LLM-only f (m,), thresholds t (K,). Units: shares. O((n + m) log(n + m)) time, O(n + m) memory.
Source: ``estimate`` and ``variance`` written out for a single indicator; Holt & Smith (1979), JRSS A 142:33-46.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.columns import RARE
from service.calibration.moments import FloatArray


@dataclass(frozen=True, slots=True)
class Levels:
    """F, its variance V and degrees of freedom, and the humans' own share, all (K,), at thresholds in rising order."""

    share: FloatArray
    variance: FloatArray
    df: FloatArray
    human: FloatArray


@dataclass(frozen=True, slots=True)
class Counts:
    """Humans with y <= t, with f <= t, with both, and LLM-only units with f <= t, each (K,); n humans, m LLM-only."""

    y: FloatArray
    f: FloatArray
    both: FloatArray
    llm_only: FloatArray
    n: int
    m: int


def count(y: FloatArray, f: FloatArray, llm_only: FloatArray, thresholds: FloatArray) -> Counts:
    """The counts at every threshold, after one sort each of y, f, max(y, f) and the LLM-only answers."""
    return Counts(
        y=at_most(y, thresholds),
        f=at_most(f, thresholds),
        both=at_most(np.maximum(y, f), thresholds),
        llm_only=at_most(llm_only, thresholds),
        n=y.shape[0],
        m=llm_only.shape[0],
    )


def at_most(values: FloatArray, thresholds: FloatArray) -> FloatArray:
    """How many values (n,) are at most each threshold (K,)."""
    return np.searchsorted(np.sort(values), thresholds, side="right").astype(np.float64)


def human_only(n_below: FloatArray, n: int) -> Levels:
    """The humans' own distribution function, from the number of answers at or below each threshold (K,)."""
    share = n_below / n
    return Levels(share, share * (1.0 - share) / (n - 1), np.full(share.shape, n - 1.0), share)


def regression(counts: Counts) -> Levels:
    """Least squares of 1{y <= t} on 1{f <= t}, evaluated on the pool of humans and LLM-only units."""
    plain = human_only(counts.y, counts.n)
    size = counts.n + counts.m
    n = np.stack((counts.n - counts.f, counts.f))
    few = n.min(axis=0) < RARE
    n = np.where(few, float(RARE), n)
    m = np.stack((counts.y - counts.both, counts.both)) / n
    pool = (counts.f + counts.llm_only) / size
    p = np.stack((1.0 - pool, pool))
    s = m * (1.0 - m) / (n - 1.0)
    w, b = s.sum(axis=0), m[1] - m[0]
    own, a = (p * p * s).sum(axis=0), p * p / n
    own_df = a.sum(axis=0) ** 2 / (a * a / (n - 1.0)).sum(axis=0)
    spread = pool * (1.0 - pool) * size / (size - 1.0)
    moved = np.where(b == 0.0, 0.0, np.maximum(b * b * spread - spread * w, 0.0) / size)
    extra = np.where(b == 0.0, 0.0, 2.0 * (b * spread) ** 2 * w / size**2)
    total = own + moved
    square = own * own / own_df + moved * moved / (size - 1.0) + extra
    df = np.where(square > 0.0, np.maximum(total * total / np.where(square > 0.0, square, 1.0), own_df), own_df)
    return Levels(
        np.where(few, plain.share, (p * m).sum(axis=0)),
        np.where(few, plain.variance, total),
        np.where(few, plain.df, df),
        plain.human,
    )


def ppi(counts: Counts) -> Levels:
    """Slope 1, evaluated on the LLM-only units."""
    plain, n, m = human_only(counts.y, counts.n), counts.n, counts.m
    over, under = counts.y - counts.both, counts.f - counts.both
    gap = (over - under) / n
    own = ((over + under) / n - gap * gap) / (n - 1)
    pool = counts.llm_only / m
    moved = pool * (1.0 - pool) / (m - 1)
    total = own + moved
    square = own * own / (n - 1) + moved * moved / (m - 1)
    df = np.where(square > 0.0, total * total / np.where(square > 0.0, square, 1.0), n - 1.0)
    return Levels(pool + gap, total, np.maximum(df, n - 1.0), plain.human)
