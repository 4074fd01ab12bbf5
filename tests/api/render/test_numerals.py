from __future__ import annotations

import pytest

from service.api.render.numerals import (
    beside,
    estimated,
    number,
    percent,
    pieces,
    plain,
    powered,
    probability,
    span,
    ten,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "\u2013"),
        (0, "0"),
        (-0.0, "0"),
        (1905, "1,905"),
        (1000.0, "1,000"),
        (0.0644562, "0.06446"),
        (0.25, "0.25"),
        (-12.3456, "\u221212.35"),
        (23456.7, "23,457"),
        (1234567.0, "1.235 \u00d7 10\u2076"),
        (-1e300, "\u22121 \u00d7 10\u00b3\u2070\u2070"),
        (5e-324, "4.941 \u00d7 10\u207b\u00b3\u00b2\u2074"),
        (10**20, "1 \u00d7 10\u00b2\u2070"),
        (0.99999, "1"),
    ],
)
def test_a_number_has_four_digits_and_no_idle_zeros(value: float | None, expected: str) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("p", "expected"), [(None, "\u2013"), (0.0, "< 0.0001"), (0.00042, "0.0004"), (0.04999, "0.0500"), (0.318, "0.318")]
)
def test_a_p_value_is_never_zero(p: float | None, expected: str) -> None:
    assert probability(p) == expected


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((0.2307, 0.7838), "[0.231, 0.784]"),
        ((-5.7e-6, 0.4), "[0.000, 0.400]"),
        ((1, 20), "[1, 20]"),
        ((None, 2.5), "up to 2.5"),
        ((0.1, None), "from 0.1"),
        ((None, None), "\u2013"),
        ((-1.7e308, 1.7e308), "[\u22121.7 \u00d7 10\u00b3\u2070\u2078, 1.7 \u00d7 10\u00b3\u2070\u2078]"),
        ((0.5, 0.5), "[0.5, 0.5]"),
        ((1e15, 1e15 + 1), "[1 \u00d7 10\u00b9\u2075, 1 \u00d7 10\u00b9\u2075]"),
    ],
)
def test_the_ends_of_an_interval_have_as_many_decimals(ends: tuple[float | None, float | None], expected: str) -> None:
    assert span(*ends) == expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((1984.6476, 1984.594, 1984.701), "1,984.648"),
        ((36.9608, 36.94, 36.98), "36.9608"),
        ((0.70271, 0.348, 1.058), "0.7027"),
        ((0.0, 0.1, 0.4), "0.000"),
        ((2.5, 1.0, 4.0), "2.5"),
        ((2.5, None, 4.0), "2.5"),
        ((None, 1.5, 4.0), "\u2013"),
    ],
)
def test_an_estimate_has_the_decimals_of_its_interval_where_it_needs_them(numbers, expected: str) -> None:
    assert beside(*numbers) == expected


def test_an_interval_in_pieces_has_the_numbers_it_was_written_from() -> None:
    assert pieces(0.2307, 0.7838) == [("[", None), ("0.231", 0.2307), (", ", None), ("0.784", 0.7838), ("]", None)]
    assert pieces(None, 2.5) == [("up to ", None), ("2.5", 2.5)]
    assert pieces(0.1, None) == [("from ", None), ("0.1", 0.1)]


def test_an_estimate_has_the_decimals_of_its_interval() -> None:
    assert estimated(0.50731, 0.2307, 0.7838) == "0.507 [0.231, 0.784]"
    assert estimated(0.50731, None, 0.7838) == "0.5073 up to 0.7838"
    assert estimated(0.50731, None, None) == "0.5073"


def test_shares_ticks_and_powers() -> None:
    assert percent(0.831) == "83.1 %"
    assert percent(None) == "\u2013"
    assert plain(-0.25, 0.05) == "\u22120.25"
    assert plain(20000, 20000) == "20,000"
    assert powered(7.001e7) == "7.001 \u00d7 10\u2077"
    assert ten(-3) == "\u00d7 10\u207b\u00b3"
