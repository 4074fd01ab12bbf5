"""Influence values: what a statistic's fit leaves for the engine.

Formula: theta^ - theta ~ sum w_i phi_i / sum w_i; for estimating equations sum w_i s_i(theta) = 0 with slope -H,
    phi_i = (H / n)^{-1} s_i,     sum w_i phi_i = 0 at the fit
With C C' = H and whitened rows F_i (k, r), sum_i F_i F_i' = I; F_i F_i' is what a unit takes away of its own residual
variance (see ``corrections``). Fits may stand side by side (``blocks``), each with its own leverage. A statistic that
is no such fit may name a ``basis`` Z (q, n), Z Z' = I, on which its influence values are residuals.
Shapes: J components, n units, r scores per unit; theta (J,), influence (J, n), factor (r, J, n), root C' (J, J).
Units: theta and influence in those of the statistic.
Assumes: units (clusters) independent. Breaks: a unit that alone carries a component (leverage 1). Raises: nothing.
Source: Huber (1967), Fifth Berkeley Symposium; Tsiatis (2006), Semiparametric Theory and Missing Data, chapter 3.
Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from service.calibration.moments import FloatArray, IntArray
from service.calibration.refits import Refit


@dataclass(frozen=True, slots=True)
class Pair:
    """Two attributes, by number, whose interaction is asked for: the regression that gives it (see ``interactions``).

    ``terms`` are the rows of its terms, ``products`` the pairs of rows it multiplies, of which the first ``reported``
    are interactions that the humans tell; ``cells`` are the pairs of levels that enough of them are shown, by number.
    """

    first: int
    second: int
    terms: tuple[int, ...]
    products: tuple[tuple[int, int], ...]
    reported: int
    cells: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Design:
    """A model's side of some units: terms x (k, n) and their names, the intercept included; choice sets (n,) or None.

    ``keys`` say which part of the plan each term comes from, for refusals, ``baselines`` which level a term of names is
    told from (else None), ``categories`` what answers are (none: numbers). ``products`` are pairs of terms whose
    interactions a statistic includes, and ``shares`` (k, products) what it averages them with (see ``conjoint``).
    ``interactions`` are the keys of attributes whose interaction is asked for, ``pairs`` what comes of them.
    ``leverage`` False: nobody asks for the fit's leverage, which costs as much as the influence values. ``arms``
    are all there are, the reference first.
    """

    x: FloatArray
    names: tuple[str, ...]
    keys: tuple[str, ...] = ()
    choice_set: IntArray | None = None
    baselines: tuple[str | None, ...] = ()
    categories: tuple[str, ...] = ()
    products: tuple[tuple[int, int], ...] = ()
    shares: FloatArray | None = None
    interactions: tuple[tuple[str, str], ...] = ()
    pairs: tuple[Pair, ...] = ()
    leverage: bool = True
    arms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A statistic fitted to some units: components by name, theta (J,), influence (J, n), leverage ``factor``.

    ``factor`` None: the statistic has no leverage correction, unless it has a ``basis``. ``converged`` False: theta is
    where the search stopped. ``reported`` are the components asked for (None: all), ``blocks`` the sizes of fits that
    stand side by side (none: one fit). ``populations`` name what each component is of (none: everyone); ``empirical``:
    degrees of freedom come from the spread of the squared influence values. ``refit`` is how the fit is made again, if
    it knows better than by its whitened rows.
    """

    names: tuple[str, ...]
    theta: FloatArray
    influence: FloatArray
    factor: FloatArray | None = None
    root: FloatArray | None = None
    converged: bool = True
    reported: tuple[int, ...] | None = None
    blocks: tuple[int, ...] = ()
    basis: FloatArray | None = None
    populations: tuple[str, ...] = ()
    empirical: bool = False
    refit: Refit | None = None

    @property
    def places(self) -> tuple[int, ...]:
        """The components asked for, by place."""
        return tuple(range(len(self.names))) if self.reported is None else self.reported

    @property
    def leverage(self) -> FloatArray:
        """Largest share (n,) of its own residual variance that a unit takes away: of F_i'F_i the largest eigenvalue."""
        if self.blocks:
            return np.asarray(np.max([part.leverage for part in self.parts()], axis=0))
        if self.basis is not None:
            return np.asarray(np.einsum("qn,qn->n", self.basis, self.basis))
        if self.factor is None:
            return np.zeros(self.influence.shape[1])
        if self.factor.shape[0] == 1:
            return np.asarray(np.einsum("rjn,rjn->n", self.factor, self.factor))
        return np.asarray(np.linalg.eigvalsh(inner(self.factor))[:, -1])

    def parts(self) -> tuple[Fitted, ...]:
        """The fits that stand side by side."""
        ends = np.cumsum(self.blocks).tolist()
        return tuple(self._part(slice(end - size, end)) for end, size in zip(ends, self.blocks, strict=True))

    def _part(self, at: slice) -> Fitted:
        return replace(
            self,
            names=self.names[at],
            theta=self.theta[at],
            influence=self.influence[at],
            factor=None if self.factor is None else self.factor[:, at],
            root=None if self.root is None else self.root[at, at],
            reported=None,
            blocks=(),
        )

    def of(self, rows: IntArray | slice) -> Fitted:
        """The same fit seen through some of the rows, where the others stand for no unit of their own."""
        return replace(
            self,
            influence=self.influence[:, rows],
            factor=None if self.factor is None else self.factor[:, :, rows],
            basis=None if self.basis is None else self.basis[:, rows],
        )


def inner(factor: FloatArray) -> FloatArray:
    """F_i'F_i (n, r, r)."""
    return np.asarray(np.einsum("rjn,sjn->nrs", factor, factor))


Fitter = Callable[[FloatArray, Design, FloatArray], Fitted]
"""From answers (q, n) (numbers: q = 1; categories: their indicators), design and weights (n,) to the fit."""


def side_by_side(fits: Sequence[Fitted], reported: tuple[int, ...]) -> Fitted:
    """Several fits to the same units as one, each with its own leverage."""
    return Fitted(
        names=tuple(name for fit in fits for name in fit.names),
        theta=np.concatenate([fit.theta for fit in fits]),
        influence=np.concatenate([fit.influence for fit in fits]),
        factor=np.concatenate([fit.factor for fit in fits if fit.factor is not None], axis=1),
        root=scipy.linalg.block_diag(*(fit.root for fit in fits if fit.root is not None)),
        converged=all(fit.converged for fit in fits),
        reported=reported,
        blocks=tuple(len(fit.names) for fit in fits),
    )
