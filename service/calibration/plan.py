"""The plan: what is asked for, with every default a caller may leave out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

EstimandName = Literal[
    "mean",
    "mean_difference",
    "proportions",
    "quantile",
    "linear",
    "logistic",
    "poisson",
    "multinomial",
    "conditional_logit",
    "amce",
    "correlation",
    "plug_in",
]
StatisticName = Literal[
    "variance",
    "standard_deviation",
    "gini",
    "spearman",
    "standardized_mean_difference",
    "risk_ratio",
    "odds_ratio",
]
EstimatorName = Literal[
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
Tuning = Literal["one", "common", "per_arm"]
Identification = Literal["randomization", "exchangeability", "sampling"]
Population = Literal["super", "sample"]
Alternative = Literal["two_sided", "less", "greater", "equivalence", "non_inferiority"]
IntervalName = Literal[
    "t", "normal", "bootstrap", "bootstrap_t", "randomization", "score", "betting", "confidence_sequence"
]
IntervalMethod = Literal["auto", IntervalName]
ModelSelection = Literal["all", "best"]
Multiplicity = Literal["none", "holm", "hochberg", "benjamini_hochberg", "max_t"]


@dataclass(frozen=True, slots=True)
class NamedContrast:
    """A contrast of arm means: sum over arms of weight x mean; arms not named weigh 0."""

    name: str
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Costs:
    """Prices in one currency: a human answer set, one LLM answer by model, one more persona; an optional budget."""

    human: float
    llm: float | Mapping[str, float]
    persona: float = 0.0
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """The right-hand side of a model: covariates in order, whether arms are terms too, where alternatives compete.

    A string covariate stands for its levels but the first, or the one that ``baselines`` names. ``cross`` lets every
    coefficient use the LLMs' influence values of all coefficients, not of its own alone. ``interactions`` are pairs of
    terms whose interaction is asked for; ``called`` is the plan's word for the terms.
    """

    terms: tuple[str, ...] = ()
    treatment: bool = False
    cross: bool = False
    choice_set: str | None = None
    baselines: Mapping[str, str] = field(default_factory=dict)
    interactions: tuple[tuple[str, str], ...] = ()
    called: Literal["terms", "attributes", "with"] = "terms"

    def pointer(self, term: str) -> str:
        """The place of a term in the plan."""
        return self.place(self.terms.index(term))

    def place(self, index: int) -> str:
        """The place of a term by its number; a lone covariate stands in no list."""
        return f"/plan/estimand/{self.called}" + ("" if self.called == "with" else f"/{index}")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a calibration is asked for; ``None`` means: decided from the data by the documented default."""

    estimand: EstimandName | None = None
    estimator: EstimatorName = "auto"
    identification: Identification | None = None
    control: str | None = None
    contrasts: tuple[NamedContrast, ...] | None = None
    confidence_level: float = 0.95
    inference_population: Population = "super"
    alternative: Alternative = "two_sided"
    null_value: float = 0.0
    interval: IntervalMethod = "auto"
    compare: bool = False
    compat: bool = False
    costs: Costs | None = None
    replicates: int = 1999
    seed: int = 0
    stratum_shares: Mapping[str, float] | None = None
    categories: tuple[str, ...] | None = None
    quantiles: tuple[float, ...] = ()
    model: Model | None = None
    statistic: StatisticName | None = None
    tuning: Tuning = "per_arm"
    margin: float | None = None
    bounds: tuple[float, float] | None = None
    multiplicity: Multiplicity = "none"
    partial_pooling: bool = False
    model_selection: ModelSelection = "all"
    missing_delta: float | None = None
