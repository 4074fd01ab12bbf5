from __future__ import annotations

import numpy as np

from service.calibration.errors import LISTED
from service.calibration.layouts.values import value_problems


def test_infinite_and_huge_values_are_found_at_their_places() -> None:
    found = value_problems(np.array([1.0, np.inf, np.nan, -1e80]), "/x")
    assert [(p.pointer, p.code) for p in found] == [("/x/1", "not_finite"), ("/x/3", "numeric_overflow")]
    assert "1e+80" not in found[1].detail


def test_missing_values_are_no_problem() -> None:
    assert value_problems(np.array([np.nan, 1.0, -1e70]), "/x") == []


def test_a_column_of_nothing_but_infinities_is_not_listed_to_the_last() -> None:
    found = value_problems(np.full(100_000, np.inf), "/data/outcomes/y")
    assert len(found) == LISTED
    assert found[-1].pointer == f"/data/outcomes/y/{LISTED - 1}"
