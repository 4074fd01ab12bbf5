"""The estimate: arm means with everything their uncertainty needs; the one currency between estimators and inference.

Name: regression calibration (generalised regression, GREG, inside each arm, evaluated at the mean of a pool).
Formula: with slope b_d, human means ybar_d, cbar_d and pool mean cbar*,
    mu_d = ybar_d + b_d'(cbar* - cbar_d)
    a_i  = 1/n_d + (c_i - cbar_d)' S_d^{-1} (cbar* - cbar_d)      own least-squares slope;  1/n_d for a fixed slope
    r_i  = a_i e_i / sqrt(1 - h_i)                                  influence of a human's residual
    v_d  = sum r_i^2                                                 HC2;  W_d = HC2 covariance of b_d (0 when fixed)
    df_d = (sum a_i^2)^2 / [ sum u_i^2 (1 - 2 h_i) + tr(G M G M) ],  u_i = a_i^2/(1 - h_i),  M = sum u_i x_i x_i'
From moments (homoskedastic), with d = cbar* - cbar_d:
    v_d = s_d^2 (1/n_d + d' S_d^{-1} d),  W_d = s_d^2 S_d^{-1},  df_d = n_d - p - 1
Shapes: D arms, p columns, n_d humans per arm; theta, variance, df (D,); slope (D, p); slope_covariance (D, p, p).
Units: theta in outcome units, variance in their square.
Assumes: units independent, equal weights. Breaks: n_d <= rank + 1 (``too_many_columns``).
Source: Lin (2013) for the arms; Sarndal, Swensson & Wretman (1992) for GREG; Bell & McCaffrey (2002) and
Imbens & Kolesar (2016) for df.
Differs: the pool term is debiased for the estimated slope and added once; no clipping, no ddof 0 outside ``compat``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from service.calibration import moments
from service.calibration.columns import Screened, screen
from service.calibration.errors import NotIdentified
from service.calibration.least_squares import Arm, ArmFit
from service.calibration.moments import FloatArray, Moments
from service.calibration.plan import Identification
from service.calibration.sample import Sample, Units


@dataclass(frozen=True, slots=True)
class Pool:
    """Where a regression is evaluated: mean (p,) and covariance (p, p) of c over ``size`` units.

    ``sampling`` is the covariance with the rows and columns of known population means set to 0: only estimated means
    vary. ``humans`` are the arms whose humans are in the pool, ``llm_only`` the index of its LLM-only source.
    """

    mean: FloatArray
    covariance: FloatArray
    sampling: FloatArray
    size: int
    humans: tuple[int, ...]
    llm_only: int | None


@dataclass(frozen=True)
class Frame:
    """What an estimator sees: the sample, how its pools are identified, and the quantities every estimator shares."""

    sample: Sample
    identification: Identification
    compat: bool = False

    @property
    def ddof(self) -> int:
        """Divisor correction of a fixed slope's variance: 0 as published, else 1."""
        return 0 if self.compat else 1

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """Each arm's humans, ready for fitting."""
        return tuple(_arm(source) for source in self.sample.human)

    @cached_property
    def human(self) -> tuple[Moments, ...]:
        """Moments of (y, c) of each arm's humans, outcome first."""
        return tuple(arm.joint for arm in self.arms)

    @cached_property
    def llm_only(self) -> tuple[Moments | None, ...]:
        """Moments of c of each pool's LLM-only units."""
        return tuple(moments.of_columns(s.c) if isinstance(s, Units) else s for s in self.sample.llm_only)

    @cached_property
    def screened(self) -> Screened:
        """Least-squares fits of every arm and the columns without a slope."""
        return screen(self.sample, self.arms)

    @cached_property
    def known(self) -> FloatArray:
        """Known population mean of each column (p,) from its origin, NaN where it is not known."""
        columns = self.sample.columns
        return np.array([np.nan if c.population_mean is None else c.population_mean - c.origin for c in columns])

    @cached_property
    def any_known(self) -> bool:
        """Whether any column's population mean is known."""
        return any(c.population_mean is not None for c in self.sample.columns)

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Each pool with humans and, unless randomization identifies, its LLM-only units."""
        return tuple(self._pool(k, humans=True) for k in range(len(self.sample.llm_only)))

    @cached_property
    def reference_pools(self) -> tuple[Pool, ...]:
        """Each pool as the historical estimators take it: LLM-only units alone where there are any."""
        return tuple(self._pool(k, humans=False) for k in range(len(self.sample.llm_only)))

    @cached_property
    def has_pool(self) -> tuple[bool, ...]:
        """Whether an arm's pool knows more about c than the arm's own humans do."""
        return tuple(
            self.sample.shared or self.llm_only[d] is not None or self.any_known for d in range(len(self.sample.arms))
        )

    def _pool(self, k: int, *, humans: bool) -> Pool:
        arms = tuple(range(len(self.sample.arms))) if self.sample.shared else (k,)
        llm_only = None if self.sample.shared and self.identification == "randomization" else self.llm_only[k]
        in_pool = arms if humans or llm_only is None else ()
        parts = [self.human[d].without_first() for d in in_pool] + ([llm_only] if llm_only is not None else [])
        whole = moments.merge(parts)
        covariance = whole.covariance() if whole.n > 1 else np.zeros_like(whole.scatter)
        source = None if llm_only is None else k
        if not self.any_known:
            return Pool(whole.mean, covariance, covariance, whole.n, in_pool, source)
        known = np.isfinite(self.known)
        sampling = np.where(known[:, None] | known[None, :], 0.0, covariance)
        return Pool(np.where(known, self.known, whole.mean), covariance, sampling, whole.n, in_pool, source)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calibrated arm means with the pieces of their variance; ``influence`` holds r_i of arms on their own slope.

    ``fixed`` marks arms whose slope is not their own least-squares slope: their residuals are not orthogonal to c.
    """

    frame: Frame
    theta: FloatArray
    variance: FloatArray
    df: FloatArray
    slope: FloatArray
    slope_covariance: FloatArray
    fixed: tuple[bool, ...]
    pools: tuple[Pool, ...]
    influence: tuple[FloatArray | None, ...]

    def human_influence(self, arm: int) -> FloatArray:
        """r_i of an arm's humans (n,), from rows: e_i / sqrt(n (n - 1)) for a fixed slope."""
        influence, deviations = self.influence[arm], self.frame.arms[arm].deviations
        if influence is not None:
            return influence
        assert deviations is not None
        n = deviations.shape[1]
        residual = deviations[0] - self.slope[arm] @ deviations[1:]
        return np.asarray(residual / sqrt(n * (n - self.frame.ddof)))

    def pool_slopes(self, contrast: FloatArray) -> FloatArray:
        """B_k = sum of t_d b_d over the arms evaluated on pool k, shape (pools, p)."""
        weighted = contrast[:, None] * self.slope
        return weighted.sum(axis=0, keepdims=True) if self.frame.sample.shared else weighted


@dataclass(frozen=True, slots=True)
class _ArmPart:
    theta: float
    variance: float
    df: float
    slope: FloatArray
    slope_covariance: FloatArray
    influence: FloatArray | None


def assemble(frame: Frame, slopes: Sequence[ArmFit | FloatArray], pools: tuple[Pool, ...]) -> Estimate:
    """The estimate for one slope per arm: its ``ArmFit`` for own least squares, an array (p,) for a fixed slope."""
    parts = []
    for d, slope in enumerate(slopes):
        pool = pools[frame.sample.pool_of(d)]
        parts.append(_own(slope, pool) if isinstance(slope, ArmFit) else _fixed(frame, d, slope, pool))
    return Estimate(
        frame=frame,
        theta=np.array([part.theta for part in parts]),
        variance=np.array([part.variance for part in parts]),
        df=np.array([part.df for part in parts]),
        slope=np.array([part.slope for part in parts]),
        slope_covariance=np.array([part.slope_covariance for part in parts]),
        fixed=tuple(not isinstance(slope, ArmFit) for slope in slopes),
        pools=pools,
        influence=tuple(part.influence for part in parts),
    )


def human_only(frame: Frame) -> Estimate:
    """Every arm with slope 0: the mean of its humans, s^2/n, n - 1 degrees of freedom."""
    return assemble(frame, [np.zeros(len(frame.sample.columns))] * len(frame.sample.arms), frame.pools)


def required_fit(frame: Frame, arm: int) -> ArmFit:
    """The arm's least-squares fit, or the refusal that says how many humans it needs."""
    fit = frame.screened.fits[arm]
    if fit is None:
        raise NotIdentified.at(
            frame.sample.pointers[arm],
            "too_many_columns",
            f"an arm with {frame.human[arm].n} humans cannot carry {len(frame.screened.usable)} columns",
            "add humans (at least columns + 2 per arm), send fewer columns, or use estimator auto",
        )
    return fit


def _own(fit: ArmFit, pool: Pool) -> _ArmPart:
    gap = pool.mean - fit.mean_c
    theta = fit.mean_y + float(fit.slope @ gap)
    reach = fit.loading.T @ gap
    if fit.rows is None:
        df = fit.n - fit.rank - 1
        s2 = fit.rss / df
        variance = s2 * (1.0 / fit.n + float(reach @ reach))
        return _ArmPart(theta, variance, float(df), fit.slope, s2 * (fit.loading @ fit.loading.T), None)
    rows = fit.rows
    a = reach @ rows.basis + 1.0 / fit.n
    spare = 1.0 - rows.leverage
    scaled = rows.residual / np.sqrt(spare)
    r = a * scaled
    spread = fit.loading @ (rows.basis * (scaled * scaled)) @ rows.basis.T @ fit.loading.T
    return _ArmPart(theta, float(r @ r), _bell_mccaffrey(a, spare, rows.basis), fit.slope, spread, r)


def _bell_mccaffrey(a: FloatArray, spare: FloatArray, basis: FloatArray) -> float:
    u = a * a / spare
    n = a.shape[0]
    z = np.concatenate((np.full((1, n), n**-0.5), basis))
    inner = (z * u) @ z.T
    bottom = float((u * u) @ (2.0 * spare - 1.0)) + float(np.vdot(inner, inner))
    top = float(a @ a)
    return top * top / bottom


def _fixed(frame: Frame, arm: int, slope: FloatArray, pool: Pool) -> _ArmPart:
    joint, n = frame.human[arm], frame.human[arm].n
    theta = float(joint.mean[0]) + float(slope @ (pool.mean - joint.mean[1:]))
    weights = np.concatenate(([1.0], -slope))
    variance = max(float(weights @ joint.scatter @ weights), 0.0) / (n * (n - frame.ddof))
    return _ArmPart(theta, variance, float(n - 1), slope, np.zeros(pool.covariance.shape), None)


def _arm(source: Units | Moments) -> Arm:
    if isinstance(source, Moments):
        return Arm(source, None)
    assert source.y is not None
    return Arm(*moments.centred(np.concatenate((source.y[None], source.c))))
