from __future__ import annotations

import math

from service.gateway.conduct.patience import NONE, Patience


def test_an_outage_is_waited_for_from_its_start_or_from_the_runs() -> None:
    patience = Patience(60.0, since=100.0)
    assert patience.ends(opened=500.0) == 560.0
    assert patience.ends(opened=20.0) == 160.0


def test_without_patience_nothing_is_waited_for() -> None:
    assert NONE.ends(opened=500.0) == 500.0
    assert NONE.since == -math.inf
