"""Strata of a model's units: weights that give every stratum its share, so that a fit is that of the population.

Formula: with W_h the stated shares (else those of ``strata``), and V_h the weights of a source's units in stratum h,
    w_i <- w_i W_h / (V_h / sum_k V_k)
for the humans of all arms and for the LLM-only units, each a source of its own. Under known sampling probabilities the
frame is one source, and the humans' w / pi are given the same shares by way of pi. Shares that a source has already
leave its weights as they are. The variance is then that within strata (see ``within``), and for shares of the sample's
own that of the shares besides (see ``drawn_shares``).
Shapes: n units, H strata. Units: weights.
Assumes: as ``strata``. Breaks: shares taken from the sample when humans were sampled disproportionately.
Raises: ``thin_stratum``, ``cluster_spans_strata``, and what ``strata.shares`` raises.
Source: Lohr (2010), Sampling: Design and Analysis, chapters 3 and 11 (weighted estimating equations, strata).
Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from service.calibration import pools, strata, survey_design
from service.calibration.errors import InvalidSample, Problem
from service.calibration.moments import FloatArray, IntArray
from service.calibration.plan import Identification
from service.calibration.sample import Sample, Units

SAME = 1e-12  # relative difference of shares below which they are the same
PLACE = "/data/stratum"


def with_shares(sample: Sample, stated: Mapping[str, float] | None, identification: Identification) -> Sample:
    """The sample with its strata in the weights of its units; strata are then known by ``Units.stratum`` alone."""
    used = [] if sample.shared and identification == "randomization" else _units(sample.llm_only)
    shares = strata.shares(sample, stated, identification)
    problems = [*_thin(sample, used), *_spanning([*_units(sample.human), *used])]
    if problems:
        raise InvalidSample(problems)
    humans, frame = _units(sample.human), identification == "sampling"
    base = _factor([*humans, *used] if frame else humans, shares)
    only = base if frame else _factor(used, shares)
    told = () if stated is not None else (survey_design.shares_from_sample(),)
    weighted = sample.weighted or base is not None or only is not None
    found = replace(
        sample,
        human=tuple(_weighted(u, base, always=weighted) for u in humans),
        llm_only=tuple(
            None if not isinstance(u, Units) else _weighted(u, only, always=weighted) for u in sample.llm_only
        ),
        strata=(),
        warnings=(*sample.warnings, *told),
        drawn_shares=shares if stated is None else None,
    )
    return _humans_of_frame(found, shares) if frame else found


def _units(sources: Sequence[object]) -> list[Units]:
    return [u for u in sources if isinstance(u, Units)]


def _totals(units: Sequence[Units], weights: Sequence[FloatArray], count: int) -> FloatArray:
    return np.asarray(sum(np.bincount(_stratum(u), w, count) for u, w in zip(units, weights, strict=True)))


def _stratum(units: Units) -> IntArray:
    assert units.stratum is not None
    return units.stratum


def _factor(units: Sequence[Units], shares: FloatArray) -> FloatArray | None:
    """What the weights of every stratum (H,) are multiplied with; None where they have these shares already."""
    if not units:
        return None
    return _ratio(_totals(units, [pools.weight(u) for u in units], shares.shape[0]), shares)


def _ratio(totals: FloatArray, shares: FloatArray) -> FloatArray | None:
    found = shares / np.where(totals > 0.0, totals / totals.sum(), 1.0)
    return None if bool((np.abs(found - 1.0) <= SAME).all()) else found


def _weighted(units: Units, factor: FloatArray | None, *, always: bool) -> Units:
    if not always:
        return units
    weight = pools.weight(units)
    return replace(units, weight=weight if factor is None else weight * factor[_stratum(units)])


def _humans_of_frame(sample: Sample, shares: FloatArray) -> Sample:
    """The sample with probabilities such that the humans' w / pi have the shares of the strata."""
    humans = _units(sample.human)
    sent = [u.sampling_probability for u in humans if u.sampling_probability is not None]
    weights = [pools.weight(u) / pi for u, pi in zip(humans, sent, strict=True)]
    factor = _ratio(_totals(humans, weights, shares.shape[0]), shares)
    if factor is None:
        return sample
    changed = [replace(u, sampling_probability=pi / factor[_stratum(u)]) for u, pi in zip(humans, sent, strict=True)]
    return replace(sample, human=tuple(changed))


def _thin(sample: Sample, used: Sequence[Units]) -> Iterator[Problem]:
    """Strata with too few humans or clusters for a variance, or without an LLM-only unit where others have some."""
    humans, count = _units(sample.human), len(sample.strata)
    people = np.bincount(np.concatenate([_stratum(u) for u in humans]), minlength=count)
    kind, least = "human answers", people
    if sample.clustered:
        pairs = np.unique(np.concatenate([np.stack((_stratum(u), _cluster(u))) for u in humans], axis=1), axis=1)
        kind, least = "clusters with human answers", np.bincount(pairs[0], minlength=count)
    if least.min() < strata.FEWEST:
        text = f"one of the strata has {least.min()} {kind}, at least {strata.FEWEST} are needed"
        yield Problem(PLACE, "thin_stratum", text, "merge strata, or leave stratum out")
    if used and not sample.by_probability:
        only = np.bincount(np.concatenate([_stratum(u) for u in used]), minlength=count)
        if only.min() < 1:
            text = "one of the strata has no LLM-only unit, and others have some"
            yield Problem(
                PLACE, "thin_stratum", text, "merge strata, send LLM-only units for each, or leave stratum out"
            )


def _cluster(units: Units) -> IntArray:
    assert units.cluster is not None
    return units.cluster


def _spanning(units: Sequence[Units]) -> Iterator[Problem]:
    """Clusters and choice sets that have units in several strata, which are then not independent."""
    for codes in ([u.cluster for u in units], [u.choice_set for u in units]):
        pairs = [np.stack((c, _stratum(u))) for c, u in zip(codes, units, strict=True) if c is not None]
        if pairs and _spans(np.unique(np.concatenate(pairs, axis=1), axis=1)[0]):
            text = "a cluster (or choice set) has units in several strata, which are then not independent"
            yield Problem(
                PLACE, "cluster_spans_strata", text, "supported: clusters within strata, or one of both alone"
            )


def _spans(codes: IntArray) -> bool:
    return bool(np.unique(codes).size < codes.size)
