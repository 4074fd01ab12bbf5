"""Strata: a stratified sample is one whose cells, arm x stratum, are arms of their own, weighed by stratum shares.

Formula: mu_d = sum_h W_h mu_dh with known shares W_h; a contrast t_d of arms is the contrast t_d W_h of cells, and the
engine gives estimate, variance and degrees of freedom as for any other. A cell with fewer than p + 5 humans takes the
slope of its arm within all strata (deviations from cell means) as a fixed slope; the others their own.
Shapes: D arms, H strata, D H cells in arm-major order; shares (H,). Units: none.
Assumes: shares are those of the population; units of a stratum are exchangeable with its humans.
Breaks: shares taken from the sample when humans were sampled disproportionately (``stratum_shares_from_sample``). Their
sampling error is added (see ``drawn_shares``).
Raises: ``thin_stratum`` (fewer than 2 humans of an arm in a stratum), ``unsupported_combination`` (known means).
Source: Imbens & Rubin (2015), Causal Inference, chapter 9; Fisch et al. 2406.04291 for strata with predictions.
Differs: the slope of thin strata is pooled, not shrunk by an estimated amount.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from service.calibration.errors import InvalidPlan, InvalidSample, Problem, UnsupportedCombination, token
from service.calibration.least_squares import Arm, ArmFit, fit
from service.calibration.moments import FloatArray, IntArray, Moments
from service.calibration.plan import Identification
from service.calibration.sample import Sample, Units

FEWEST = 2


def stratified(sample: Sample, drawn_shares: FloatArray | None = None) -> Sample:
    """The sample with one arm per arm and stratum, in arm-major order; unchanged without strata.

    ``drawn_shares`` (H,) are those of the strata where they are the sample's own.
    """
    if not sample.strata:
        return sample
    strata = range(len(sample.strata))
    if any(c.population_mean is not None for c in sample.columns):
        raise UnsupportedCombination.at(
            "/data/stratum",
            "unsupported_combination",
            "a known population mean says nothing about the strata",
            "supported: strata without population_mean, or population_mean without strata",
        )
    cells = [(d, h) for d in range(len(sample.arms)) for h in strata]
    human = [_members(sample.human[d], h) for d, h in cells]
    problems = [
        Problem(
            sample.pointers[d],
            "thin_stratum",
            f"arm {sample.arms[d]!r} has {units.n} human answers in one of the strata, at least {FEWEST} are needed",
            "merge strata, or leave stratum out",
        )
        for (d, _), units in zip(cells, human, strict=True)
        if units.n < FEWEST
    ]
    if problems:
        raise InvalidSample(problems)
    sources = (
        [(sample.llm_only[0], h) for h in strata] if sample.shared else [(sample.llm_only[d], h) for d, h in cells]
    )
    return replace(
        sample,
        arms=tuple(sample.arms[d] for d, _ in cells),
        chosen=tuple(_chosen(sample, d, h) for d, h in cells) if sample.chosen else (),
        human=tuple(human),
        llm_only=tuple(_present(source, h) for source, h in sources),
        pointers=tuple(sample.pointers[d] for d, _ in cells),
        stratum_of=tuple(h for _, h in cells),
        drawn_shares=drawn_shares,
    )


def _members(source: Units | Moments | None, stratum: int) -> Units:
    assert isinstance(source, Units)
    assert source.stratum is not None
    mine = source.stratum == stratum
    return replace(
        source,
        c=source.c[:, mine],
        **{
            name: None if (values := getattr(source, name)) is None else values[mine]
            for name in ("y", "weight", "cluster", "stratum", "sampling_probability", "row")
        },
    )


def _chosen(sample: Sample, arm: int, stratum: int) -> IntArray:
    source = sample.human[arm]
    assert isinstance(source, Units)
    assert source.stratum is not None
    return np.asarray(sample.chosen[arm][source.stratum == stratum])


def _present(source: Units | Moments | None, stratum: int) -> Units | None:
    members = None if source is None else _members(source, stratum)
    return members if members is not None and members.n else None


def shares(sample: Sample, stated: Mapping[str, float] | None, identification: Identification) -> FloatArray:
    """W_h (H,): the stated shares, or those of the weights of the units that the pools are made of."""
    if stated is not None:
        return _stated(sample, stated)
    sources = [*sample.human, *(() if identification == "randomization" else sample.llm_only)]
    total = np.zeros(len(sample.strata))
    for source in sources:
        if isinstance(source, Units) and source.stratum is not None:
            total += np.bincount(source.stratum, source.weight, len(sample.strata))
    return np.asarray(total / total.sum())


def _stated(sample: Sample, stated: Mapping[str, float]) -> FloatArray:
    place = "/plan/stratum_shares"
    problems = [
        Problem(f"{place}/{token(name)}", "unknown_stratum", "the data has no stratum of this name", "match exactly")
        for name in stated
        if name not in sample.strata
    ]
    if any(name not in stated for name in sample.strata):
        text = "a stratum of the data has no share"
        problems.append(Problem(place, "missing_stratum", text, "give every stratum of the data a share"))
    if problems:
        raise InvalidPlan(problems)
    found = np.array([stated[name] for name in sample.strata])
    return np.asarray(found / found.sum())


def expanded(contrast: FloatArray, weights: FloatArray | None) -> FloatArray:
    """A contrast of arms (D,) as one of cells (D H,): t_d W_h; unchanged without strata."""
    return contrast if weights is None else np.outer(contrast, weights).ravel()


def within(sample: Sample, arms: Sequence[Arm], usable: Sequence[int]) -> tuple[ArmFit | None, ...]:
    """For every cell the fit of its whole arm on deviations from cell means; None with too few humans for it."""
    found: dict[str, ArmFit | None] = {}
    for name in dict.fromkeys(sample.arms):
        cells = [arms[d] for d in range(len(arms)) if sample.arms[d] == name]
        found[name] = _pooled(cells, usable)
    return tuple(found[name] for name in sample.arms)


def _pooled(cells: Sequence[Arm], usable: Sequence[int]) -> ArmFit | None:
    deviations = np.concatenate([c.deviations for c in cells if c.deviations is not None], axis=1)
    n = sum(c.joint.n for c in cells)
    spare = n - len(cells) + 1
    mean = sum(c.joint.n * c.joint.mean for c in cells) / n
    size = sum(c.joint.size for c in cells) - len(cells) + 1
    whole = fit(Arm(Moments(spare, np.asarray(mean), deviations @ deviations.T, max(1.0, size)), deviations), usable)
    return whole if whole.spare else None
