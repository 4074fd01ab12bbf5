"""The estimands on the wire: a union told apart by ``type``; and what each means to the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from service.api.wire.columns import Name
from service.calibration import plan as core
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import number_name

Category = Annotated[float, msgspec.Meta(ge=-(2**53), le=2**53, multiple_of=1)]
Probability = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Terms = Annotated[
    list[Name] | None,
    msgspec.Meta(description="Covariates of the model, in order; the intercept is implied. Default: none."),
]
Treatment = Annotated[
    bool | None, msgspec.Meta(description="Whether the arms but the control are terms too. Default: false.")
]
Cross = Annotated[
    bool | None,
    msgspec.Meta(description="Whether each coefficient uses the LLMs' influence on all of them. Default: false."),
]
MEDIAN = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """An estimand to the core: its name, how answers are read, quantiles, the model's right-hand side."""

    name: core.EstimandName | None = None
    categories: Categories | None = None
    quantiles: tuple[float, ...] = ()
    model: core.Model | None = None
    statistic: core.StatisticName | None = None


class Mean(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="mean", tag_field="type"):
    """The population mean of each arm."""

    def to_core(self) -> Asked:
        """What it asks of the core."""
        return Asked("mean")


class MeanDifference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="mean_difference", tag_field="type"):
    """Contrasts of arm means."""

    def to_core(self) -> Asked:
        """What it asks of the core."""
        return Asked("mean_difference")


class Proportions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="proportions", tag_field="type"):
    """Shares of categories: of every arm, or with a control or contrasts their differences."""

    categories: Annotated[
        list[Name | Category] | None,
        msgspec.Meta(description="The categories, in order; whole numbers by their value. Default: all seen, sorted."),
    ] = None

    def to_core(self) -> Asked:
        """What it asks of the core."""
        return Asked("proportions", _categories(self.categories))


class Quantile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="quantile", tag_field="type"):
    """Quantiles of each arm, or with two or more arms their differences."""

    q: Annotated[
        Probability | Annotated[list[Probability], msgspec.Meta(min_length=1, max_length=99)] | None,
        msgspec.Meta(description="One share below, or a list of them. Default: 0.5, the median."),
    ] = None

    def to_core(self) -> Asked:
        """What it asks of the core."""
        q = MEDIAN if self.q is None else self.q
        return Asked("quantile", quantiles=tuple(q) if isinstance(q, list) else (q,))


class Linear(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="linear", tag_field="type"):
    """Coefficients of the outcome on the terms, by least squares."""

    terms: Terms = None
    treatment: Treatment = None
    cross: Cross = None

    def to_core(self) -> Asked:
        """What it asks of the core."""
        return Asked("linear", model=_model(self.terms, self.treatment, self.cross))


class Logistic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="logistic", tag_field="type"):
    """Log odds ratios of an outcome from 0 to 1 on the terms."""

    terms: Terms = None
    treatment: Treatment = None
    cross: Cross = None

    def to_core(self) -> Asked:
        """What it asks of the core."""
        return Asked("logistic", model=_model(self.terms, self.treatment, self.cross))


class Poisson(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="poisson", tag_field="type"):
    """Log rate ratios of a count on the terms."""

    terms: Terms = None
    treatment: Treatment = None
    cross: Cross = None

    def to_core(self) -> Asked:
        """What it asks of the core."""
        return Asked("poisson", model=_model(self.terms, self.treatment, self.cross))


class Multinomial(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="multinomial", tag_field="type"):
    """Log odds of every category against the first, on the terms."""

    terms: Terms = None
    treatment: Treatment = None
    cross: Cross = None
    categories: Annotated[
        list[Name | Category] | None,
        msgspec.Meta(description="The categories; the first is the reference. Default: all seen, sorted."),
    ] = None

    def to_core(self) -> Asked:
        """What it asks of the core."""
        return Asked("multinomial", _categories(self.categories), model=_model(self.terms, self.treatment, self.cross))


class ConditionalLogit(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="conditional_logit", tag_field="type"
):
    """Part-worths of alternatives that compete in sets, one row per alternative, outcome 1 where chosen."""

    terms: Annotated[list[Name], msgspec.Meta(min_length=1, description="Attributes of the alternatives, in order.")]
    choice_set: Annotated[Name, msgspec.Meta(description="The covariate that names every row's choice set.")]
    cross: Cross = None

    def to_core(self) -> Asked:
        """What it asks of the core."""
        model = core.Model(tuple(self.terms), cross=bool(self.cross), choice_set=self.choice_set)
        return Asked("conditional_logit", model=model)


class Amce(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="amce", tag_field="type"):
    """Average marginal component effects of randomised attributes."""

    attributes: Annotated[list[Name], msgspec.Meta(min_length=1, description="Covariates of names, in order.")]
    baselines: Annotated[
        dict[Name, Name] | None, msgspec.Meta(description="Baseline level by attribute. Default: the first, sorted.")
    ] = None
    interactions: Annotated[
        list[Annotated[list[Name], msgspec.Meta(min_length=2, max_length=2)]] | None,
        msgspec.Meta(description="Pairs of attributes whose interaction effects are asked for, too. Default: none."),
    ] = None

    def to_core(self) -> Asked:
        """What it asks of the core."""
        pairs = tuple((a, b) for a, b in self.interactions or ())
        baselines = self.baselines or {}
        model = core.Model(tuple(self.attributes), baselines=baselines, interactions=pairs, called="attributes")
        return Asked("amce", model=model)


class Correlation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="correlation", tag_field="type"):
    """Correlation of the outcome with a covariate."""

    with_: Annotated[Name, msgspec.Meta(description="The covariate.")] = msgspec.field(name="with")

    def to_core(self) -> Asked:
        """What it asks of the core."""
        return Asked("correlation", model=core.Model((self.with_,), called="with"))


class PlugIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="plug_in", tag_field="type"):
    """A named statistic: of every arm, or of every arm against the control."""

    statistic: Annotated[
        Literal[
            "variance",
            "standard_deviation",
            "gini",
            "spearman",
            "standardized_mean_difference",
            "risk_ratio",
            "odds_ratio",
        ],
        msgspec.Meta(
            description="variance, standard_deviation, gini and spearman are of every arm; "
            "standardized_mean_difference (Hedges' g), risk_ratio and odds_ratio compare every arm with the control, "
            "ratios against the null value 1."
        ),
    ]
    with_: Annotated[
        Name | None, msgspec.Meta(description="The covariate of spearman; no other statistic takes one. Default: none.")
    ] = msgspec.field(name="with", default=None)

    def to_core(self) -> Asked:
        """What it asks of the core."""
        terms = () if self.with_ is None else (self.with_,)
        return Asked("plug_in", model=core.Model(terms, called="with"), statistic=self.statistic)


Estimand = (
    Mean
    | MeanDifference
    | Proportions
    | Quantile
    | Linear
    | Logistic
    | Poisson
    | Multinomial
    | ConditionalLogit
    | Amce
    | Correlation
    | PlugIn
)


def _model(terms: list[Name] | None, treatment: bool | None, cross: bool | None) -> core.Model:
    return core.Model(tuple(terms or ()), treatment=bool(treatment), cross=bool(cross))


def _categories(asked: list[Name | Category] | None) -> Categories:
    if asked is None:
        return Categories()
    return Categories(tuple(name if isinstance(name, str) else number_name(name) for name in asked))
