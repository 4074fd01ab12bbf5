"""Subgroups beside each other: the test that they differ, and their estimates partially pooled.

A family is one outcome, name and component over all subgroups that were analysed; the whole sample is none of them.
Shapes: G subgroups of a family. Units: those of the estimates.
Raises: nothing. Source: ``heterogeneity`` and ``partial_pooling``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import sqrt

import numpy as np

from service.calibration.answer import EstimateBlock, Heterogeneity, PooledResult
from service.calibration.errors import Warned
from service.calibration.heterogeneity import degrees_of, differences
from service.calibration.inference import Settings, result
from service.calibration.partial_pooling import FEWEST, pooled
from service.calibration.plan import Plan
from service.calibration.sample import Sample, Units

Key = tuple[str, str, str | None]


def families(estimates: Sequence[EstimateBlock]) -> dict[Key, list[int]]:
    """The places of the subgroups' estimates, by outcome, name and component."""
    found: dict[Key, list[int]] = {}
    for place, e in enumerate(estimates):
        if e.subgroup is not None:
            found.setdefault((e.outcome, e.name, e.component), []).append(place)
    return found


def compared(estimates: Sequence[EstimateBlock]) -> Iterator[Heterogeneity]:
    """How the subgroups of every family differ; those without any variance are not told apart from chance."""
    for (outcome, name, component), places in families(estimates).items():
        mine = [estimates[p].result for p in places]
        testable = len(mine) > 1 and all(r.standard_error > 0.0 for r in mine)
        found = (
            differences([r.estimate for r in mine], [r.standard_error for r in mine], [degrees_of(r.df) for r in mine])
            if testable
            else None
        )
        yield Heterogeneity(
            name=name,
            outcome=outcome,
            component=component,
            n_subgroups=len(mine),
            q=None if found is None else found.q,
            p_value=None if found is None else found.p_value,
            i_squared=None if found is None else found.i_squared,
            between_sd=None if found is None else found.between_sd,
        )


def partially_pooled(estimates: Sequence[EstimateBlock], plan: Plan) -> tuple[list[EstimateBlock], list[Warned]]:
    """The estimates with their pooled form beside them, where a family has subgroups enough."""
    blocks, doubts = list(estimates), []
    for (_, name, _), places in families(estimates).items():
        usable = [p for p in places if estimates[p].result.standard_error > 0.0]
        if len(usable) < FEWEST:
            text = f"{len(usable)} subgroups have an estimate of {name}; partial pooling needs at least {FEWEST}"
            doubts.append(Warned("too_few_subgroups", text, "/plan/partial_pooling"))
            continue
        for place, value in zip(usable, _pooled([estimates[p] for p in usable], plan), strict=True):
            blocks[place] = replace(blocks[place], pooled=value)
    return blocks, list(dict.fromkeys(doubts))


def _pooled(family: Sequence[EstimateBlock], plan: Plan) -> Iterator[PooledResult]:
    mine = [e.result for e in family]
    found = pooled([r.estimate for r in mine], [r.standard_error**2 for r in mine], [degrees_of(r.df) for r in mine])
    alternative = plan.alternative if plan.alternative in ("less", "greater") else "two_sided"
    settings = Settings(level=plan.confidence_level, alternative=alternative, null_value=None)
    for g in range(len(mine)):
        df = float(found.df[g])
        told = result(float(found.estimate[g]), float(found.variance[g]), df if df < 1e12 else None, settings)
        yield PooledResult(
            told.estimate, sqrt(float(found.variance[g])), told.df, told.interval, float(found.shrinkage[g])
        )


def shared_clusters(samples: Sequence[Sample]) -> list[Warned]:
    """The warning where units of one cluster stand in different subgroups, which are then not independent."""
    owner: dict[int, str] = {}
    for sample in samples:
        if sample.subgroup is None:
            continue
        for source in (*sample.human, *sample.llm_only):
            if not isinstance(source, Units) or source.cluster is None:
                continue
            for code in np.unique(source.cluster).tolist():
                if owner.setdefault(code, sample.subgroup) != sample.subgroup:
                    text = "clusters span subgroups: the test of heterogeneity and partial pooling take subgroups as "
                    return [Warned("subgroups_share_clusters", f"{text}independent", "/data/subgroup")]
    return []
