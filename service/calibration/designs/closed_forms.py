"""Closed forms of optimal allocations; the oracles of the engine, and the source of ``rho_min``.

Symbols: c_h price of a human answer, c_f of an LLM answer, gamma = c_f/c_h, T = n + N units in the pool.

**Shapes** scalars, or arrays over arms (D,).
**Units** variances in squared outcome units, prices in one currency.
**Assumes** positive prices, every human has the LLM's answer, no limit but the budget.
**Breaks** where the LLM does not pay the two-phase forms would ask for T < n; check ``llm_pays`` first.
**Raises** nothing.
**Source** Neyman (1938), double sampling; Angelopoulos et al. 2311.01453; Broska, Howes & van Loon (2025).
**Differs** ``rho_min`` also for profiles that cost money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TwoPhase:
    """Humans by arm (D,), pool units (D,) or (1,), and the variance of the contrast."""

    n: Vector
    pool: Vector
    variance: float


def cost_share(rho: float, gamma: float) -> float:
    """Cost at the optimum over the cost of humans alone for the same variance; one where the LLM does not pay."""
    share = (math.sqrt(1 - rho**2) + abs(rho) * math.sqrt(gamma)) ** 2
    return share if llm_pays(rho, gamma) else 1.0


def pool_per_human(rho: float, gamma: float) -> float:
    """T/n = sqrt(rho^2 / (1 - rho^2) / gamma) at the optimum."""
    return math.sqrt(rho**2 / (1 - rho**2) / gamma)


def rho_min(gamma: float, persona: float = 0.0) -> float | None:
    """Smallest |rho| at which the LLM pays; ``persona`` is the profile's price over c_h. None: it never pays.

    2 sqrt(gamma)/(1 + gamma) without profile prices. In general the cost share is (sqrt(1 - rho^2) sqrt(1 - p) +
    |rho| sqrt(gamma + p))^2, a squared cosine of asin(rho) - phi with tan(phi)^2 = (gamma + p)/(1 - p).
    """
    if gamma + persona <= 0:
        return 0.0
    if gamma + persona >= 1:  # an LLM-only unit costs no less than a human answer
        return None
    phi = math.atan(math.sqrt((gamma + persona) / (1 - persona)))
    return math.sin(phi + math.acos(1 / math.sqrt(1 + gamma)))


def llm_pays(rho: float, gamma: float, persona: float = 0.0) -> bool:
    """Whether buying any LLM answer lowers the variance at a fixed budget."""
    threshold = rho_min(gamma, persona)
    return threshold is not None and abs(rho) > threshold


def effective_sample_size(n: float, llm_only: float, rho: float) -> float:
    """Size of a human sample of the same variance, n (n + N) / (n + N (1 - rho^2))."""
    return n * (n + llm_only) / (n + llm_only * (1 - rho**2))


def one_population(rho: float, c_h: float, c_f: float, budget: float) -> tuple[float, float, float]:
    """Humans n, LLM-only N and the variance (unit sd) of the best split of the budget."""
    gamma = c_f / c_h
    if not llm_pays(rho, gamma):
        return budget / c_h, 0.0, c_h / budget
    ratio = pool_per_human(rho, gamma)
    n = budget / (c_h + ratio * c_f)
    return n, n * (ratio - 1), cost_share(rho, gamma) * c_h / budget


def correlation_of_mean(rho: float, icc: float, draws: int) -> float:
    """PPI correlation of the mean of draws, rho sqrt(K / (1 + (K - 1) icc)) (Spearman-Brown)."""
    return rho * math.sqrt(draws / (1 + (draws - 1) * icc))


def best_draws(rho: float, icc: float, gamma: float, most: int) -> int:
    """Draws K per persona of least cost share (sqrt(1 - rho_K^2) + |rho_K| sqrt(K gamma))^2, one LLM and population.

    ``rho`` and ``gamma`` are those of a single draw; the smallest K where several are as good.
    """
    shares = [cost_share(correlation_of_mean(rho, icc, k), k * gamma) for k in range(1, most + 1)]
    return next(k + 1 for k, share in enumerate(shares) if share <= min(shares) * (1 + 1e-9))


def cheapest_pair(effective_n: float, rho: float, gamma: float) -> tuple[float, float, float]:
    """Humans n, LLM-only N and the cost in human prices of the cheapest design of this effective size."""
    cost = effective_n * cost_share(rho, gamma)
    n, llm_only, _ = one_population(rho, 1.0, gamma, cost)
    return n, llm_only, cost


def independent_arms(residual: Vector, explained: Vector, c_h: float, c_f: float, budget: float) -> TwoPhase:
    """Arms with their own pools: residual a_d = s_d^2 and explained b_d = sigma_d^2 R_d^2, times t_d^2."""
    k = budget / float(np.sum(np.sqrt(residual * c_h) + np.sqrt(explained * c_f)))
    n, pool = k * np.sqrt(residual / c_h), k * np.sqrt(explained / c_f)
    return TwoPhase(n, pool, float(np.sum(residual / n) + np.sum(explained / pool)))


def twins(residual: Vector, explained: float, c_h: float, c_g: float, budget: float) -> TwoPhase:
    """Arms sharing a pool of twins at price c_g: residual a_d, explained b = (beta_1-beta_0)'Sigma(beta_1-beta_0)."""
    A = float(np.sum(np.sqrt(residual)))
    k = budget / (A * math.sqrt(c_h) + math.sqrt(explained * c_g))
    n = k * np.sqrt(residual) / math.sqrt(c_h)
    pool = np.array([k * math.sqrt(explained / c_g)])
    return TwoPhase(n, pool, float(np.sum(residual / n) + explained / pool[0]))


def human_shares(sd: Vector) -> Vector:
    """Shares of a fixed number of humans over arms, proportional to |t_d| s_d (Neyman)."""
    return sd / float(np.sum(sd))
