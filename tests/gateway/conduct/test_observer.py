from __future__ import annotations

from service.gateway.conduct.observer import Silent


def test_one_that_looks_away_keeps_nothing():
    assert Silent().observe("p", "m", "failure", 1, "timeout") is None
    assert not hasattr(Silent(), "events")
