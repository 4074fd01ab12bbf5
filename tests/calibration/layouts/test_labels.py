from __future__ import annotations

import numpy as np

from service.calibration.layouts.labels import Labels, length, number_name, ordered

NAN = np.nan


def test_names_are_numbered_in_their_order_and_unused_ones_go() -> None:
    found = ordered(Labels(np.array([2, 0, -1, 2]), ("z", "unused", "a")))
    assert (found.codes.tolist(), found.names) == ([0, 1, -1, 0], ("a", "z"))


def test_the_same_name_twice_is_one() -> None:
    assert ordered(Labels(np.array([0, 1]), ("a", "a"))).codes.tolist() == [0, 0]


def test_numbers_are_numbered_in_the_order_of_their_values() -> None:
    found = ordered(np.array([10.0, NAN, 9.0, 2.5, 10.0]))
    assert (found.codes.tolist(), found.names) == ([2, -1, 1, 0, 2], ("2.5", "9", "10"))


def test_different_numbers_have_different_names() -> None:
    assert [number_name(v) for v in (3.0, -1.0, 0.1)] == ["3", "-1", "0.1"]
    assert number_name(0.1) != number_name(0.1 + 1e-16)


def test_length() -> None:
    assert (length(np.zeros(3)), length(Labels(np.zeros(2, dtype=np.int64), ("a",)))) == (3, 2)
