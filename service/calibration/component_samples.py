"""The sample of one component of a statistic, from the influence values of its fit and of its control variates.

Formula: y_i = theta_j + phi_ij, c_il = gamma_lj + phi^f_lij (see ``linearised``); ``corrected`` are the deviations of
both after the leverage correction of the human fit.
Shapes: n humans, M units of the pool, J components, p columns. Units: those of the component.
Raises: nothing. Source: see ``linearised``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.corrections import Correction
from service.calibration.influence import Fitted
from service.calibration.model_rows import PoolRows, Rows, Slot
from service.calibration.moments import FloatArray
from service.calibration.plan import Identification
from service.calibration.sample import Column, Link, Sample, Units

ARM = "all"


@dataclass(frozen=True, slots=True)
class Variate:
    """A slot's influence values: of the humans' own rows (J, n), ``corrected`` as deviations, of the pool (J, M).

    They are deviations from ``origin`` (J,), so that those of a variate that does not vary at all are exactly 0.
    ``fit`` is what the humans' own rows are the influence values of.
    """

    slot: Slot
    human: FloatArray
    corrected: FloatArray
    pool: FloatArray
    origin: FloatArray
    fit: Fitted


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the components share."""

    sample: Sample
    identification: Identification
    fit: Fitted
    correction: Correction
    deviations: FloatArray
    human: Rows
    pool: PoolRows
    variates: tuple[Variate, ...]
    cross: bool
    link: Link | None

    @property
    def clustered(self) -> bool:
        """Whether units come in clusters, given or because humans stand in the pool beside their own rows."""
        return self.sample.clustered or self.pool.given


def component(parts: Parts, j: int) -> Sample:
    """The sample of one component."""
    sample, fit = parts.sample, parts.fit
    n, size = fit.influence.shape[1], parts.pool.size
    chosen = [(v, k) for v in parts.variates for k in picked(parts, v, j)]
    deviations, share = (parts.deviations[j], *(v.corrected[k] for v, k in chosen)), parts.correction.share
    human = Units(
        c=_frozen([v.human[k] for v, k in chosen], n),
        y=_frozen([fit.theta[j] + fit.influence[j]], n)[0],
        weight=parts.human.survey,
        cluster=parts.human.cluster if parts.clustered else None,
        sampling_probability=parts.human.probability,
        corrected=_frozen(deviations, n) if share is None else _frozen(np.array(deviations) * np.sqrt(share[j]), n),
        stratum=parts.human.stratum,
        row=parts.human.cluster,
    )
    return Sample(
        arms=(fit.populations[j] if fit.populations else ARM,),
        prediction_design=sample.prediction_design,
        columns=tuple(_column(v, k, fit.names[k] if parts.cross else None) for v, k in chosen),
        human=(human,),
        llm_only=(_llm_only(parts, [v.pool[k] for v, k in chosen]) if chosen and size else None,),
        pointers=sample.pointers[:1],
        outcome=sample.outcome,
        n_dropped=sample.n_dropped,
        unanswered_by_chance=sample.unanswered_by_chance,
        warnings=sample.warnings,
        component=fit.names[j] or None,
        spare=float(parts.correction.df[j]),
        identification=parts.identification,
        pool_given=parts.pool.given,
        link=parts.link,
        empirical=fit.empirical,
        drawn_shares=sample.drawn_shares,
    )


def picked(parts: Parts, variate: Variate, j: int) -> list[int]:
    """The components of a control variate that serve component j: its own, with ``cross`` all that an LLM has."""
    return list(parts.fit.places) if parts.cross and variate.slot.answer else [j]


def _llm_only(parts: Parts, rows: Sequence[FloatArray]) -> Units:
    """The pool's units; those that are also humans share their clusters with them."""
    cluster = None
    if parts.clustered:
        cluster = parts.pool.parts[0].cluster
    own = parts.pool.parts[0]
    return Units(
        c=_frozen(rows, parts.pool.size),
        weight=parts.pool.weight,
        cluster=cluster,
        row=own.cluster,
        stratum=own.stratum,
    )


def _column(variate: Variate, k: int, of: str | None) -> Column:
    """A slot's column in one component's sample, from its influence on component k."""
    column = variate.slot.column
    return replace(
        column,
        name=column.name if of is None else f"{column.name}, {of}",
        arm=None,
        origin=float(variate.origin[k]),
        category=None,
        component=of or None,
        n_missing_human=(sum(column.n_missing_human),),
        n_missing_llm_only=(sum(column.n_missing_llm_only),),
    )


def _frozen(rows: Sequence[FloatArray], n: int) -> FloatArray:
    """Rows (q, n) as one read-only array; a single one is not copied."""
    found = rows[0][None] if len(rows) == 1 else np.array(rows, dtype=np.float64).reshape(len(rows), n)
    found.flags.writeable = False
    return found
