"""Named plug-in statistics: one file each, a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.calibration.card import Card
from service.calibration.linearised import Statistic
from service.calibration.plan import StatisticName
from service.calibration.plug_in import (
    gini,
    odds_ratio,
    risk_ratio,
    spearman,
    standard_deviation,
    standardized_mean_difference,
    variance,
)

STATISTICS: Mapping[StatisticName, Statistic] = MappingProxyType(
    {
        "variance": variance.STATISTIC,
        "standard_deviation": standard_deviation.STATISTIC,
        "gini": gini.STATISTIC,
        "spearman": spearman.STATISTIC,
        "standardized_mean_difference": standardized_mean_difference.STATISTIC,
        "risk_ratio": risk_ratio.STATISTIC,
        "odds_ratio": odds_ratio.STATISTIC,
    }
)
CARDS: tuple[Card, ...] = tuple(
    module.CARD
    for module in (
        variance,
        standard_deviation,
        gini,
        spearman,
        standardized_mean_difference,
        risk_ratio,
        odds_ratio,
    )
)
