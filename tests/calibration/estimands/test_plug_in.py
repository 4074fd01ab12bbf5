"""The estimand of named statistics: its list is the plan's vocabulary, every name its module and card."""

from __future__ import annotations

import importlib
import typing

from service.calibration.estimands import plug_in
from service.calibration.plan import StatisticName
from service.calibration.plug_in import CARDS, STATISTICS


def test_the_list_is_the_plans_vocabulary_and_every_name_its_module() -> None:
    assert list(STATISTICS) == list(typing.get_args(StatisticName)) == [card.name for card in CARDS]
    for name, statistic in STATISTICS.items():
        module = importlib.import_module(f"service.calibration.plug_in.{name}")
        assert module.STATISTIC is statistic
        assert module.CARD.name == name
        assert name in plug_in.CARD.formula
