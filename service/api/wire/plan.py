"""The plan on the wire; every field may be absent or null, which means its default."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Literal

import msgspec

from service.api.wire import target
from service.api.wire.columns import Integral, Name
from service.api.wire.estimands import Asked, Estimand
from service.api.wire.target import Target
from service.calibration import plan as core
from service.calibration.errors import Problem
from service.calibration.estimands import ESTIMANDS
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.target import PLACE
from service.calibration.modelled import on_scale
from service.calibration.plug_in import STATISTICS

Value = Annotated[float, msgspec.Meta(ge=-1e70, le=1e70)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Level = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Price = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Positive = Annotated[float, msgspec.Meta(ge=1e-9, le=1e12)]

OFFERED: Mapping[str, tuple[object, ...]] = {"estimator": typing.get_args(core.EstimatorName)}
COMPUTED = tuple(e.name for e in ESTIMANDS)
OF_CALIBRATION = "/plan"
SUM = 1e-6  # how far stated shares may be from summing to 1


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

    estimand: Annotated[
        Estimand | None,
        msgspec.Meta(description="What is estimated. Default: mean_difference with two or more arms, else mean."),
    ] = None
    estimator: Annotated[
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
        | None,
        msgspec.Meta(description="How human and LLM answers combine. Default: auto."),
    ] = None
    identification: Annotated[
        Literal["randomization", "exchangeability", "sampling"] | None,
        msgspec.Meta(
            description="Default: sampling with sampling_probability, randomization for shared predictions, "
            "else exchangeability."
        ),
    ] = None
    control: Annotated[
        Name | None, msgspec.Meta(description="The reference arm; excludes contrasts. Default: the first arm.")
    ] = None
    contrasts: Annotated[
        list[NamedContrast] | None,
        msgspec.Meta(description="Named contrasts of arm means. Default: every arm minus the control."),
    ] = None
    confidence_level: Annotated[Level | None, msgspec.Meta(description="Default: 0.95.")] = None
    inference_population: Annotated[
        Literal["super", "sample"] | None,
        msgspec.Meta(description="The population (super) or the units at hand (sample). Default: super."),
    ] = None
    alternative: Annotated[
        Literal["two_sided", "less", "greater", "equivalence", "non_inferiority"] | None,
        msgspec.Meta(description="Direction of the test and the interval. Default: two_sided."),
    ] = None
    margin: Annotated[
        Positive | None,
        msgspec.Meta(description="For equivalence and non_inferiority, in outcome units. Default: none."),
    ] = None
    null_value: Annotated[
        Value | None,
        msgspec.Meta(description="The value tested. Default: 0; of ratios 1, of variances and the Gini index none."),
    ] = None
    interval: Annotated[
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
        | None,
        msgspec.Meta(description="Default: auto, which is score for rare answers of two, else t."),
    ] = None
    multiplicity: Annotated[
        Literal["none", "holm", "hochberg", "benjamini_hochberg", "max_t"] | None,
        msgspec.Meta(description="Over all estimates; max_t also widens the intervals. Default: none."),
    ] = None
    partial_pooling: Annotated[
        bool | None,
        msgspec.Meta(
            description="Whether estimates of 4 or more subgroups are also drawn towards their mean, in pooled. "
            "Default: false."
        ),
    ] = None
    model_selection: Annotated[
        Literal["all", "best"] | None,
        msgspec.Meta(
            description="What is done with several models: all of them calibrate together, or the best one, chosen by "
            "cross-fitting (folds of the humans, dealt by seed; the model and its slopes are learned outside each). "
            "best goes with estimators auto and regression, means and proportions. Default: all."
        ),
    ] = None
    tuning: Annotated[
        Literal["one", "common", "per_arm"] | None,
        msgspec.Meta(description="Only for difference_in_predictions. Default: per_arm."),
    ] = None
    bounds: Annotated[
        Annotated[list[Value], msgspec.Meta(min_length=2, max_length=2)] | None,
        msgspec.Meta(description="Smallest and largest possible outcome, for interval betting. Default: none."),
    ] = None
    missing: Annotated[
        Literal["error", "drop_unit", "response_propensity"] | None,
        msgspec.Meta(
            description="What a missing human answer means: a refusal, a unit left out, or a person whose answer is "
            "missing at random given predictions and covariates, weighted for by response propensities. Default: error."
        ),
    ] = None
    missing_delta: Annotated[
        Positive | None,
        msgspec.Meta(
            description="With missing response_propensity: how far, in outcome units, the mean of those who did not "
            "answer may lie from what missing at random says; fills delta_bounds. Default: none."
        ),
    ] = None
    target: Annotated[
        Target | None,
        msgspec.Meta(
            description="The population that estimates are for, where it is not the one that was sampled; table only. "
            "Default: none."
        ),
    ] = None
    stratum_shares: Annotated[
        dict[Name, Share] | None,
        msgspec.Meta(description="Share of every stratum in the population, summing to 1. Default: the sample's."),
    ] = None
    compare: Annotated[
        bool | None,
        msgspec.Meta(description="Whether every other applicable estimator is computed too. Default: false."),
    ] = None
    compat: Annotated[
        bool | None,
        msgspec.Meta(description="Whether the historical estimators answer as published. Default: false."),
    ] = None
    replicates: Annotated[
        Annotated[float, msgspec.Meta(ge=1, le=10_000, multiple_of=1)] | None,
        msgspec.Meta(description="Replicates of bootstrap and randomization intervals. Default: 1999."),
    ] = None
    seed: Annotated[
        Integral | None, msgspec.Meta(description="Seed of everything that draws random numbers. Default: 0.")
    ] = None
    costs: Annotated[
        Costs | None, msgspec.Meta(description="Prices; with them the answer has a design. Default: none.")
    ] = None


def to_core(plan: Plan, problems: list[Problem], place: str = OF_CALIBRATION) -> core.Plan:
    """The core's plan with defaults filled in; what is not computed yet is appended to ``problems``."""
    problems += [*_not_offered(plan, place), *_shares(plan.stratum_shares, place), *_null_value(plan, place)]
    if plan.missing_delta is not None and plan.missing != "response_propensity":
        text, hint = "missing_delta is of missing response_propensity", "supported: both, or neither"
        problems.append(Problem(f"{place}/missing_delta", "unsupported_combination", text, hint))
    named = plan.contrasts and tuple(core.NamedContrast(c.name, c.weights) for c in plan.contrasts)
    asked, defaults = _asked(plan), core.Plan()
    return core.Plan(
        estimand=asked.name,
        categories=None if asked.categories is None else asked.categories.asked,
        quantiles=asked.quantiles,
        model=asked.model,
        statistic=asked.statistic,
        estimator=plan.estimator or defaults.estimator,
        identification=plan.identification,
        control=plan.control,
        contrasts=None if plan.contrasts is None else (named or ()),
        confidence_level=plan.confidence_level or defaults.confidence_level,
        inference_population=plan.inference_population or defaults.inference_population,
        alternative=plan.alternative or defaults.alternative,
        margin=plan.margin,
        null_value=plan.null_value or 0.0,
        interval=plan.interval or defaults.interval,
        multiplicity=plan.multiplicity or defaults.multiplicity,
        partial_pooling=bool(plan.partial_pooling),
        model_selection=plan.model_selection or defaults.model_selection,
        missing_delta=plan.missing_delta,
        tuning=plan.tuning or defaults.tuning,
        bounds=None if plan.bounds is None else (plan.bounds[0], plan.bounds[1]),
        stratum_shares=plan.stratum_shares,
        compare=bool(plan.compare),
        compat=bool(plan.compat),
        costs=None if plan.costs is None else _costs(plan.costs),
        replicates=int(plan.replicates or defaults.replicates),
        seed=int(plan.seed or 0),
    )


def reading_of(plan: Plan, problems: list[Problem]) -> Reading:
    """How a plan has answers and covariates read; what is wrong with its target is appended to ``problems``."""
    asked = _asked(plan)
    return Reading(asked.categories, asked.model, target.to_core(plan.target, problems, PLACE))


def _asked(plan: Plan) -> Asked:
    return Asked() if plan.estimand is None else plan.estimand.to_core()


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
    asked = _asked(plan).name
    if asked is not None and asked not in COMPUTED:
        text, hint = f"{asked} is not computed yet", f"supported: {', '.join(COMPUTED)}"
        found.append(Problem(f"{place}/estimand/type", "unsupported_combination", text, hint))
    if plan.target is not None and place != OF_CALIBRATION:
        text, hint = "no design is computed for a target population", "supported: a pilot's plan without target"
        found.append(Problem(f"{place}/target", "unsupported_combination", text, hint))
    return found


def _null_value(plan: Plan, place: str) -> list[Problem]:
    """A stated null value that the plan's statistic, or a correlation, cannot have."""
    asked = _asked(plan)
    if plan.null_value is None:
        return []
    if asked.name == "correlation" or asked.statistic == "spearman":
        inside = abs(plan.null_value) < 1.0
    else:
        inside = asked.statistic is None or isfinite(on_scale(plan.null_value, STATISTICS[asked.statistic]))
    if inside:
        return []
    text = f"{asked.statistic or asked.name} never has this value"
    hint = "leave null_value out (of ratios it is 1), or state one within the range"
    return [Problem(f"{place}/null_value", "out_of_range", text, hint)]


def _shares(shares: Mapping[str, float] | None, place: str) -> list[Problem]:
    if shares is None or abs(sum(shares.values()) - 1.0) <= SUM:
        return []
    text, hint = "the shares of the strata do not sum to 1", "send the shares of the population, to 7 digits"
    return [Problem(f"{place}/stratum_shares", "stratum_shares_sum", text, hint)]
