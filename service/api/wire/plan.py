"""The plan on the wire; every field may be absent or null, which means its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from service.api.wire.columns import Integral, Name
from service.calibration import plan as core
from service.calibration.errors import Problem

Level = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Price = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Positive = Annotated[float, msgspec.Meta(ge=1e-9, le=1e12)]

OFFERED: Mapping[str, tuple[object, ...]] = {
    "interval": ("auto", "t", "normal"),
    "alternative": ("two_sided", "less", "greater"),
    "multiplicity": ("none",),
    "identification": ("randomization", "exchangeability"),
    "estimator": ("auto", "regression", "human_only", "ppi", "power_tuned", "arm_tuned"),
}
NOT_YET = ("margin", "tuning", "bounds", "target", "stratum_shares")


class Mean(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="mean", tag_field="type"):
    """The population mean of each arm."""


class MeanDifference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="mean_difference", tag_field="type"):
    """Contrasts of arm means."""


class NamedContrast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named contrast: weights by arm name, summing to 0."""

    name: Name
    weights: dict[str, Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]]


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices in one currency."""

    human: Positive
    llm: Price | dict[str, Price]
    persona: Price | None = None
    budget: Positive | None = None


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked for."""

    estimand: Mean | MeanDifference | None = None
    estimator: (
        Literal[
            "auto",
            "regression",
            "human_only",
            "ppi",
            "power_tuned",
            "arm_tuned",
            "difference_in_predictions",
            "design_based",
            "recalibrated",
            "plug_in_bias",
        ]
        | None
    ) = None
    identification: Literal["randomization", "exchangeability", "sampling"] | None = None
    control: Name | None = None
    contrasts: list[NamedContrast] | None = None
    confidence_level: Level | None = None
    inference_population: Literal["super", "sample"] | None = None
    alternative: Literal["two_sided", "less", "greater", "equivalence", "non_inferiority"] | None = None
    margin: Positive | None = None
    null_value: Annotated[float, msgspec.Meta(ge=-1e70, le=1e70)] | None = None
    interval: (
        Literal[
            "auto",
            "t",
            "normal",
            "bootstrap",
            "bootstrap_t",
            "randomization",
            "score",
            "betting",
            "confidence_sequence",
        ]
        | None
    ) = None
    multiplicity: Literal["none", "holm", "hochberg", "benjamini_hochberg", "max_t"] | None = None
    tuning: Literal["one", "common", "per_arm"] | None = None
    bounds: list[float] | None = None
    missing: Literal["error", "drop_unit"] | None = None
    target: dict[str, msgspec.Raw] | None = None
    stratum_shares: dict[str, float] | None = None
    compare: bool | None = None
    compat: bool | None = None
    replicates: Annotated[float, msgspec.Meta(ge=1, le=10_000, multiple_of=1)] | None = None
    seed: Integral | None = None
    costs: Costs | None = None


def to_core(plan: Plan, problems: list[Problem], place: str = "/plan") -> core.Plan:
    """The core's plan with defaults filled in; what is not computed yet is appended to ``problems``."""
    problems += _not_offered(plan, place)
    contrasts = plan.contrasts and tuple(core.NamedContrast(c.name, c.weights) for c in plan.contrasts)
    defaults = core.Plan()
    return core.Plan(
        estimand=None if plan.estimand is None else ("mean" if isinstance(plan.estimand, Mean) else "mean_difference"),
        estimator=plan.estimator or defaults.estimator,  # type: ignore[arg-type]  # checked against OFFERED above
        identification=plan.identification,  # type: ignore[arg-type]  # checked against OFFERED above
        control=plan.control,
        contrasts=None if plan.contrasts is None else (contrasts or ()),
        confidence_level=plan.confidence_level or defaults.confidence_level,
        inference_population=plan.inference_population or defaults.inference_population,
        alternative=plan.alternative or defaults.alternative,  # type: ignore[arg-type]  # checked against OFFERED above
        null_value=plan.null_value or 0.0,
        interval=plan.interval or defaults.interval,  # type: ignore[arg-type]  # checked against OFFERED above
        compare=bool(plan.compare),
        compat=bool(plan.compat),
        costs=None if plan.costs is None else _costs(plan.costs),
        replicates=int(plan.replicates or defaults.replicates),
        seed=int(plan.seed or 0),
    )


def _costs(costs: Costs) -> core.Costs:
    return core.Costs(costs.human, costs.llm, costs.persona or 0.0, costs.budget)


def _not_offered(plan: Plan, place: str) -> list[Problem]:
    found = []
    for name, offered in OFFERED.items():
        value = getattr(plan, name)
        if value is not None and value not in offered:
            found.append(
                Problem(
                    f"{place}/{name}",
                    "unsupported_combination",
                    f"{value} is not computed yet",
                    f"supported: {', '.join(map(str, offered))}",
                )
            )
    found += [
        Problem(f"{place}/{name}", "unsupported_combination", f"{name} is not computed yet", "supported: leave it out")
        for name in NOT_YET
        if getattr(plan, name) is not None and (name, getattr(plan, name)) != ("tuning", "per_arm")
    ]
    return found
