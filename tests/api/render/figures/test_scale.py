from __future__ import annotations

import math

import pytest

from service.api.render.figures.scale import scale

TINY, HUGE = 5e-324, 1.7976931348623157e308
SETS = [
    (0.35, 1.06),
    (-HUGE, HUGE),
    (0.0, TINY),
    (1e-310, 5e-310),
    (1e15, 1e15 + 1),
    (5.0,),
    (0.0,),
    (),
    (None,),
    (-1e-3, 1e5),
    (HUGE,),
    (-TINY, HUGE),
    (99_999.0, 1.0),
]


@pytest.mark.parametrize("values", SETS)
def test_every_value_has_a_place_and_ticks_are_in_order(values: tuple[float | None, ...]) -> None:
    found = scale(values)
    for value in values:
        if value is not None:
            assert 0 <= found.at(value) <= 1
    ticks = found.ticks()
    assert 2 <= len(ticks) <= 8
    places = [place for place, _ in ticks]
    assert places == sorted(places)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    assert len({label for _, label in ticks}) == len(ticks)
    assert all(len(label) < 10 for _, label in ticks)


@pytest.mark.parametrize("value", [0.25, -3.0, 1e4, 2e300, 3e-308])
def test_a_tick_says_where_it_stands(value: float) -> None:
    found = scale([0.0, value])
    factor = 1.0 if not found.unit else 10.0**found.power
    for place, label in found.ticks():
        said = float(label.replace("\u2212", "-").replace(",", "")) * factor
        assert math.isclose(found.at(said), place, abs_tol=1e-6)


def test_the_unit_is_told_only_where_zeros_would_be_counted() -> None:
    assert scale([0.0, 1e5]).unit == ""
    assert scale([0.0, 3e9]).unit == "\u00d7 10\u2079"
    assert scale([0.0, 3e-7]).unit == "\u00d7 10\u207b\u2077"
