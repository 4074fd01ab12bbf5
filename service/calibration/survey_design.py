"""What a survey design asks of the data and the plan: enough clusters, and no combination that is not computed.

Weights, clusters, strata and known sampling probabilities go with every mean-like estimand and every estimator; not
with ``compat`` (the published forms know none of them).
Raises: ``too_few_clusters``, ``too_few_humans`` (one human has all the weight), ``unsupported_combination``.
Source: Bell & McCaffrey (2002); Cameron & Miller (2015), Journal of Human Resources 50 (few clusters).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.calibration.errors import CalibrationError, NotIdentified, Problem, UnsupportedCombination, Warned
from service.calibration.moments import FloatArray, kish
from service.calibration.plan import Identification, Plan
from service.calibration.sample import Sample, Units

FEW_CLUSTERS = 10
FEW_RESAMPLED = 40  # clusters below which percentile intervals of coefficients are too short: .93 with 25
FEW_SAMPLED = 400  # humans of known probabilities below which bootstrap_t covers .92 to .93 (with 100), bootstrap .94
REST = 1e-5  # of an arm's weight: where all humans but one have less, that one has no residual that a double can hold
UNEVEN = 3.0  # n / Kish n above which weights are called very unequal


def check(sample: Sample, plan: Plan) -> None:
    """Refuse what cannot be computed with this survey design."""
    if plan.compat:
        raise UnsupportedCombination.at(
            "/plan/compat",
            "unsupported_combination",
            "the published forms know no weights, clusters, strata or sampling probabilities",
            "supported: compat without them, or leave out compat",
        )
    if sample.clustered:
        _check_clusters(sample)
    alone = [
        Problem(place, "too_few_humans", f"one of the humans of arm {arm!r} has all its weight", "trim the weights")
        for arm, source, place in zip(sample.arms, sample.human, sample.pointers, strict=True)
        if isinstance(source, Units) and _alone(source)
    ]
    if alone:
        raise NotIdentified(alone)


def sampling(plan: Plan) -> Identification:
    """The identification of a sample with known sampling probabilities: by them, and nothing else."""
    if plan.identification not in (None, "sampling"):
        raise UnsupportedCombination.at(
            "/plan/identification",
            "unsupported_combination",
            "the data states sampling probabilities, which this identification would ignore",
            "supported: sampling (or leave it out); or send the data without sampling_probability",
        )
    return "sampling"


def _check_clusters(sample: Sample) -> None:
    counts = _clusters(sample.human)
    whole = _count(sample.human)
    problems: list[CalibrationError] = []
    needed = len(sample.arms) + 2
    if whole < needed:
        text = f"humans come from {whole} clusters, at least {needed} are needed (arms + 2)"
        problems.append(NotIdentified.at("/data/cluster", "too_few_clusters", text, "sample more clusters"))
    problems += [
        NotIdentified.at(place, "too_few_clusters", f"the humans of arm {arm!r} come from one cluster", "sample more")
        for arm, n, place in zip(sample.arms, counts, sample.pointers, strict=True)
        if n < 2
    ]
    if problems:
        raise NotIdentified([p for refused in problems for p in refused.problems])


def doubts(sample: Sample, shares: FloatArray | None = None, *, shares_stated: bool) -> list[Warned]:
    """Warnings about few clusters, very unequal weights (with the ``shares`` (H,) of strata) and unstated shares."""
    found = []
    if sample.clustered:
        found += [
            Warned(
                "few_clusters", f"the humans of arm {arm!r} come from {n} clusters, fewer than {FEW_CLUSTERS}", place
            )
            for arm, n, place in zip(sample.arms, _clusters(sample.human), sample.pointers, strict=True)
            if n < FEW_CLUSTERS
        ]
    for arm, source, place in zip(sample.arms, sample.human, sample.pointers, strict=True):
        size = effective(source, shares) if isinstance(source, Units) else None
        if size is not None and isinstance(source, Units) and source.n > UNEVEN * size:
            what = "weights" if shares is None else "weights and strata's shares"
            text = f"the {what} of arm {arm!r} are so unequal that its {source.n} humans count as {size:.3g}"
            found.append(Warned("unequal_weights", text, place))
    if sample.strata and not shares_stated:
        found.append(shares_from_sample())
    return found


def shares_from_sample() -> Warned:
    """The warning that nobody stated the shares of strata."""
    text = "strata count by their share of the sample, which is an estimate; state stratum_shares where they are known"
    return Warned("stratum_shares_from_sample", text, "/data/stratum")


def resampling_doubts(sample: Sample, interval: str) -> list[Warned]:
    """The warning about resampled intervals of coefficients where they came out too short."""
    humans = sum(source.n for source in sample.human)
    few = [f"sampling probabilities of {humans} humans"] if sample.by_probability and humans < FEW_SAMPLED else []
    count = _count(sample.human)
    few += [f"{count} clusters"] if interval == "bootstrap" and 0 < count < FEW_RESAMPLED else []
    text = f"resampled intervals are somewhat too short with {' and '.join(few)}; interval t is not"
    return [Warned("few_to_resample", text, "/plan/interval")] if few else []


def effective(units: Units, shares: FloatArray | None = None) -> float | None:
    """Kish's n of the weights w / pi of a source's units; None where they have neither.

    ``shares`` (H,): weights are w W_h over the sum of w in their stratum h.
    """
    weight = _weight(units)
    if shares is None or units.stratum is None:
        return None if weight is None else kish(weight)
    own = np.ones(units.n) if weight is None else weight
    return kish(own * (shares / np.maximum(np.bincount(units.stratum, own, shares.shape[0]), REST))[units.stratum])


def _weight(units: Units) -> FloatArray | None:
    """Weights w / pi (n,) of a source's units; None where they have neither."""
    if units.sampling_probability is None:
        return units.weight
    return (1.0 if units.weight is None else units.weight) / units.sampling_probability


def _alone(units: Units) -> bool:
    """Whether one unit has all the weight but less than ``REST`` of it."""
    weight = _weight(units)
    return weight is not None and bool(weight.sum() - weight.max() < REST * weight.max())


def _clusters(sources: Sequence[object]) -> list[int]:
    return [_count([source]) for source in sources]


def _count(sources: Sequence[object]) -> int:
    codes = [s.cluster for s in sources if isinstance(s, Units) and s.cluster is not None]
    return int(np.unique(np.concatenate(codes)).size) if codes else 0
