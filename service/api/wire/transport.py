"""Transport on the wire: how the sample was weighted for the target population, and how far that can be wrong."""

from __future__ import annotations

from typing import Literal

import msgspec

from service.calibration import answer as core


class WeightedSource(msgspec.Struct, frozen=True):
    """Units weighted together: the humans of an arm, or LLM-only units (arm null: of all conditions)."""

    source: Literal["human", "llm_only"]
    arm: str | None
    n: int
    kish_n: float
    overlap: float
    largest_share: float
    smd_before: dict[str, float]
    smd_after: dict[str, float]


class TippingPoint(msgspec.Struct, frozen=True):
    """By what factor every weight may be wrong before an estimate's sign can turn; null: by any up to 1e6."""

    name: str
    outcome: str
    component: str | None
    tipping_gamma: float | None


class Transport(msgspec.Struct, frozen=True):
    """How humans of all arms compare with the target before and after weighting; by source; how far signs survive.

    Standardised mean differences are by mean and category, as "age" and "sex=f", in standard deviations of the sample
    before weighting. tipping_gamma is that of the first estimate. n_target: rows of the target, null for margins.
    """

    method: str
    smd_before: dict[str, float]
    smd_after: dict[str, float]
    kish_n: float
    overlap: float
    n_target: int | None
    tipping_gamma: float | None
    tipping: list[TippingPoint]
    sources: list[WeightedSource]


def transport(found: core.Transport) -> Transport:
    """The wire form of a transport."""
    return Transport(
        method=found.method,
        smd_before=dict(found.humans.smd_before),
        smd_after=dict(found.humans.smd_after),
        kish_n=found.humans.kish_n,
        overlap=found.humans.overlap,
        n_target=found.n_target,
        tipping_gamma=found.tipping[0].gamma,
        tipping=[TippingPoint(t.name, t.outcome, t.component, t.gamma) for t in found.tipping],
        sources=[*(_source("human", b) for b in found.arms), *(_source("llm_only", b) for b in found.llm_only)],
    )


def _source(source: Literal["human", "llm_only"], of: core.Balance) -> WeightedSource:
    return WeightedSource(
        source=source,
        arm=of.name,
        n=of.n,
        kish_n=of.kish_n,
        overlap=of.overlap,
        largest_share=of.largest_share,
        smd_before=dict(of.smd_before),
        smd_after=dict(of.smd_after),
    )
