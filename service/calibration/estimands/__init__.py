"""Estimands: what is asked for. One file each; a file turns the arms and the plan into contrasts of arm means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from service.calibration.card import Card
from service.calibration.contrast import Contrast, each_arm
from service.calibration.estimands import (
    amce,
    conditional_logit,
    correlation,
    linear,
    logistic,
    mean,
    mean_difference,
    multinomial,
    plug_in,
    poisson,
    proportions,
    quantile,
)
from service.calibration.linearised import Statistic
from service.calibration.plan import Plan, StatisticName


@dataclass(frozen=True, slots=True)
class Estimand:
    """One registry line: the card and the function from arm names (control first) and plan to contrasts.

    ``statistic``: the estimand is one of a model's and goes through influence values (see ``linearised``); several by
    name where the plan picks one.
    """

    card: Card
    contrasts: Callable[[Sequence[str], Plan], tuple[Contrast, ...]]
    statistic: Statistic | Mapping[StatisticName, Statistic] | None = None

    @property
    def name(self) -> str:
        """The registry key and wire value."""
        return self.card.name


def _model(card: Card, statistic: Statistic | Mapping[StatisticName, Statistic]) -> Estimand:
    """The line of a model's estimand: each component is the mean of one population of influence values."""
    return Estimand(card, lambda arms, _plan: each_arm(arms), statistic)


ESTIMANDS: tuple[Estimand, ...] = (
    Estimand(mean.CARD, mean.contrasts),
    Estimand(mean_difference.CARD, mean_difference.contrasts),
    Estimand(proportions.CARD, proportions.contrasts),
    Estimand(quantile.CARD, quantile.contrasts),
    _model(linear.CARD, linear.STATISTIC),
    _model(logistic.CARD, logistic.STATISTIC),
    _model(poisson.CARD, poisson.STATISTIC),
    _model(amce.CARD, amce.STATISTIC),
    _model(correlation.CARD, correlation.STATISTIC),
    _model(conditional_logit.CARD, conditional_logit.STATISTIC),
    _model(multinomial.CARD, multinomial.STATISTIC),
    _model(plug_in.CARD, plug_in.STATISTICS),
)


def estimand(name: str) -> Estimand:
    """The registered estimand of that name; raises StopIteration for none."""
    return next(e for e in ESTIMANDS if e.name == name)
