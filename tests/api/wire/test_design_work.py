from __future__ import annotations

from service.api.wire.design_work import PER_SIMULATED, sampling, simulating
from service.api.wire.doubts import PER_SECOND


def test_a_self_check_costs_what_it_simulates() -> None:
    assert simulating(2, 0, 1000) - simulating(2, 0, 500) == simulating(1, 0, 1000) - simulating(1, 0, 0) > 0
    assert simulating(2, 1000, 100) - simulating(2, 0, 100) == PER_SIMULATED * 1000 * 100 > PER_SECOND


def test_a_frame_is_weighed_once_more_for_a_target() -> None:
    assert sampling(100, target=True) == 3 * sampling(100, target=False) > 0
