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
With weights (survey weights w, or w / pi under known sampling probabilities) the arm is weighted least squares, and
    a_i = omega_i/n + omega_i (c_i - cbar_d)' S_d^{-1} (cbar* - cbar_d),  r_i = a_i e_i / sqrt(g_i)   (see ``leverage``)
Assumes: units independent; clusters enter in ``variance``. Breaks: n_d <= rank + 1 (``too_many_columns``).
Source: Lin (2013) for the arms; Sarndal, Swensson & Wretman (1992) for GREG; Bell & McCaffrey (2002) and
Imbens & Kolesar (2016) for df.
Differs: the pool term is debiased for the estimated slope and added once; no clipping, no ddof 0 outside ``compat``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

import numpy as np

from service.calibration import arm_estimate, moments, pools, strata, within
from service.calibration.arm_estimate import PooledSlope
from service.calibration.columns import Screened, screen
from service.calibration.errors import NotIdentified
from service.calibration.least_squares import Arm, ArmFit, fit
from service.calibration.moments import FloatArray, Moments
from service.calibration.plan import Identification, Tuning
from service.calibration.pools import Members, Pool
from service.calibration.sample import Sample, Units


@dataclass(frozen=True)
class Frame:
    """What an estimator sees: the sample, how its pools are identified, and the quantities every estimator shares.

    ``compat`` asks for the published form, whose divisors are n - ``published_ddof``.
    """

    sample: Sample
    identification: Identification
    compat: bool = False
    published_ddof: int = 0
    tuning: Tuning = "per_arm"

    @property
    def ddof(self) -> int:
        """Divisor correction of a fixed slope's variance: 1, or what was published."""
        return self.published_ddof if self.compat else 1

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """Each arm's humans, ready for fitting."""
        spare = self.sample.spare
        chances = map(self._probability, range(len(self.sample.arms)))
        arms = (_arm(source, chance) for source, chance in zip(self.sample.human, chances, strict=True))
        return tuple(
            arms
            if spare is None
            else (_of_influence(a, s, spare) for a, s in zip(arms, self.sample.human, strict=True))
        )

    @property
    def by_probability(self) -> bool:
        """Whether known sampling probabilities identify: humans weigh w / pi, and the whole frame is the pool."""
        return self.identification == "sampling"

    @cached_property
    def weighted(self) -> bool:
        """Whether units have unequal weights, for whichever reason."""
        return self.by_probability or self.sample.weighted or bool(self.sample.response)

    @cached_property
    def human(self) -> tuple[Moments, ...]:
        """Moments of (y, c) of each arm's humans, outcome first."""
        return tuple(arm.joint for arm in self.arms)

    @cached_property
    def llm_only(self) -> tuple[Moments | None, ...]:
        """Moments of c of each pool's LLM-only units."""
        return tuple(_llm_only(s) for s in self.sample.llm_only)

    @cached_property
    def screened(self) -> Screened:
        """Least-squares fits of every arm and the columns without a slope."""
        return screen(self.sample, self.arms)

    @cached_property
    def whole(self) -> tuple[ArmFit | None, ...]:
        """The fit that speaks for each arm: its own or, in a stratified sample, that of the arm within its strata."""
        if not self.sample.stratum_of:
            return self.screened.fits
        return strata.within(self.sample, self.arms, self.screened.usable)

    def slope(self, arm: int) -> ArmFit | PooledSlope:
        """An arm's least-squares fit; in a stratum with too few humans for one, the arm's slope within all strata.

        Raises ``too_many_columns`` where even that cannot be had.
        """
        fit, whole = self.screened.fits[arm], self.whole[arm]
        if fit is not None:
            return fit
        if self.sample.stratum_of and whole is not None:
            return PooledSlope(whole.slope, (whole.n - 1) / (whole.n - 1 - whole.rank))
        raise NotIdentified.at(
            self.sample.pointers[arm],
            "too_many_columns",
            f"{_those(self.sample, self.human[arm].n)} cannot carry {len(self.screened.usable)} columns",
            "add humans (at least columns + 2 per arm), send fewer columns, or use estimator auto",
        )

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
        return tuple(self._pool(k, humans=not self.sample.pool_given) for k in range(len(self.sample.llm_only)))

    @cached_property
    def reference_pools(self) -> tuple[Pool, ...]:
        """Each pool as the historical estimators take it: LLM-only units alone where there are any.

        Under known sampling probabilities it is the whole frame, of which the LLM-only units are a biased part.
        """
        return tuple(
            self._pool(k, humans=self.by_probability and not self.sample.pool_given)
            for k in range(len(self.sample.llm_only))
        )

    @cached_property
    def has_pool(self) -> tuple[bool, ...]:
        """Whether an arm's pool knows more about c than the arm's own humans do."""
        sample = self.sample
        known, rest = sample.shared or self.any_known, sample.unanswered or (None,) * len(sample.arms)
        return tuple(known or self.llm_only[d] is not None or others is not None for d, others in enumerate(rest))

    def _probability(self, arm: int) -> FloatArray | None:
        """The probability of an answer of each of an arm's humans (n,): known, or by its response propensity."""
        if self.sample.response:
            return self.sample.response[arm].probability
        source = self.sample.human[arm]
        return source.sampling_probability if self.by_probability and isinstance(source, Units) else None

    def with_columns(self, index: Sequence[int]) -> Frame:
        """The same units seen through a subset of the columns."""
        sample = self.sample.with_columns(index)
        return self if sample is self.sample else replace(self, sample=sample)

    def fits_on(self, columns: Sequence[int]) -> tuple[ArmFit | None, ...]:
        """Every arm's least-squares fit on some of the columns; None where an arm has too few humans for it."""
        if self.sample.stratum_of:
            return strata.within(self.sample, self.arms, columns)
        fits = (fit(arm, columns) for arm in self.arms)
        return tuple(found if found.spare else None for found in fits)

    def _pool(self, k: int, *, humans: bool) -> Pool:
        arms = self.sample.arms_of(k)
        unused = self.sample.shared and self.identification == "randomization"
        llm_only = None if unused or self.llm_only[k] is None else k
        members = Members(arms if humans or llm_only is None else (), llm_only)
        known = self.known
        if self.weighted:
            sources = [*map(self.sample.asked, members.humans), self.sample.llm_only[k]]
            rows = [s for s in sources[: len(members.humans) + (llm_only is not None)] if isinstance(s, Units)]
            return pools.of_rows(members, rows, known, frame_weights=self.by_probability)
        only = self.llm_only[k]
        parts = [self.human[d].without_first() for d in members.humans]
        return pools.of_moments(members, [*parts, only] if llm_only is not None and only is not None else parts, known)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calibrated arm means with the pieces of their variance; ``influence`` holds r_i of arms on their own slope.

    ``fixed`` marks arms whose slope is not their own least-squares slope: their residuals are not orthogonal to c.
    ``tuned`` (D, p) are the slopes on the columns of the data, where the frame's columns are others.
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
    tuned: FloatArray | None = None

    @property
    def tuning(self) -> FloatArray:
        """The slopes (D, p) on the columns of the data."""
        return self.slope if self.tuned is None else self.tuned

    def human_influence(self, arm: int) -> FloatArray:
        """r_i of an arm's humans (n,), from rows: e_i / sqrt(n (n - 1)) for a fixed slope."""
        influence = self.influence[arm]
        if influence is not None:
            return influence
        residual = self.frame.arms[arm].residual(self.slope[arm])
        n = residual.shape[0]
        return np.asarray(residual / sqrt(n * (n - self.frame.ddof)))

    def pool_slopes(self, contrast: FloatArray) -> FloatArray:
        """B_k = sum of t_d b_d over the arms evaluated on pool k, shape (pools, p)."""
        weighted, sample = contrast[:, None] * self.slope, self.frame.sample
        if not sample.shared:
            return weighted
        if len(self.pools) == 1:
            return np.asarray(weighted.sum(axis=0, keepdims=True))
        by_pool = [weighted[list(sample.arms_of(k))].sum(axis=0) for k in range(len(self.pools))]
        return np.array(by_pool)


def assemble(frame: Frame, slopes: Sequence[ArmFit | PooledSlope | FloatArray], pools: tuple[Pool, ...]) -> Estimate:
    """The estimate for one slope per arm: its ``ArmFit`` for own least squares, else a fixed slope (p,)."""
    parts = []
    for d, slope in enumerate(slopes):
        pool = pools[frame.sample.pool_of(d)]
        if isinstance(slope, ArmFit):
            parts.append(arm_estimate.own(slope, pool))
        elif isinstance(slope, PooledSlope):
            parts.append(arm_estimate.pooled(frame.arms[d], slope, pool))
        else:
            parts.append(arm_estimate.fixed(frame.arms[d], slope, pool, frame.ddof))
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


def _arm(source: Units | Moments, probability: FloatArray | None) -> Arm:
    if isinstance(source, Moments):
        return Arm(source, None)
    assert source.y is not None
    rows = np.concatenate((source.y[None], source.c))
    if probability is None and source.weight is None:
        return Arm(*moments.centred(rows))
    weight = pools.weight(source) if probability is None else pools.weight(source) / probability
    weight = weight / weight.mean()
    return Arm(*moments.weighted(rows, weight), np.sqrt(weight))


def _those(sample: Sample, n: int) -> str:
    return f"an arm with {n} humans" if sample.component is None else f"the humans who tell {sample.component!r}"


def _of_influence(arm: Arm, source: Units | Moments, spare: float) -> Arm:
    """An arm of influence values: residuals are corrected for the leverage of the model's own fit.

    In a stratified sample slopes are those within strata.
    """
    assert isinstance(source, Units)
    if source.stratum is not None and arm.deviations is not None:
        rows = within.deviations(arm.deviations, arm.root_weight, source.stratum)
        arm = replace(arm, deviations=rows, joint=replace(arm.joint, scatter=rows @ rows.T))
    return replace(arm, corrected=source.corrected, df_left=spare)


def _llm_only(source: Units | Moments | None) -> Moments | None:
    if not isinstance(source, Units):
        return source
    if source.weight is None:
        return moments.of_columns(source.c)
    return moments.weighted(source.c, source.weight / source.weight.mean())[0]
