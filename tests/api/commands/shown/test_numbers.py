from __future__ import annotations

import pytest

from service.api.commands.shown import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0"),
        (0.70266, "0.7027"),
        (-0.5, "-0.5000"),
        (12.3456, "12.35"),
        (1905.0, "1,905"),
        (1905.4, "1,905"),
        (0.00012345, "0.0001234"),
        (1.5e-9, "1.500e-09"),
        (2e12, "2.000e+12"),
    ],
)
def test_four_digits_that_matter(value, text):
    assert numbers.told(value) == text


def test_digits_follow_the_width_of_an_interval():
    near = {"lower": 1984.594, "upper": 1984.701}
    assert (numbers.beside(1984.6476, near), numbers.between(near)) == ("1,984.65", "1,984.59 to 1,984.70")
    wide, half = {"lower": 0.3476, "upper": 1.0578}, {"lower": None, "upper": 1984.701}
    assert (numbers.beside(0.70266, wide), numbers.between(wide)) == ("0.7027", "0.3476 to 1.058")
    assert (numbers.beside(1984.6476, half), numbers.beside(1984.6476, None)) == ("1,985", "1,985")
    assert numbers.between({"lower": 5.0, "upper": 5.0}) == "5 to 5"


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.0, "<.001"), (0.00049, "<.001"), (0.0005, "0.001"), (0.5, "0.500")]
)
def test_p_values(value, text):
    assert numbers.p_value(value) == text


def test_intervals_shares_and_counts():
    assert numbers.between({"lower": None, "upper": 1.0}) == "-inf to 1"
    assert numbers.between({"lower": 0.25, "upper": None}) == "0.2500 to inf"
    assert numbers.between(None) == numbers.count(None) == "-"
    assert numbers.leveled({"level": 0.9}) == "90 % interval"
    assert numbers.percent(0.521) == "52.1 %"
    assert numbers.count(1200.0) == "1,200"
