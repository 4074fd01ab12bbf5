from __future__ import annotations

from dataclasses import FrozenInstanceError
from itertools import repeat

import pytest

from service.calibration.inference import Interval
from service.calibration.rows import rows


def test_rows_are_what_the_constructor_makes() -> None:
    low, high = [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]
    made = rows(Interval, 3, method=repeat("t"), level=repeat(0.9), lower=low, upper=high)
    assert made == [Interval("t", 0.9, a, b) for a, b in zip(low, high, strict=True)]
    with pytest.raises(FrozenInstanceError):
        made[0].level = 0.5  # type: ignore[misc]
    assert rows(Interval, 0, method=[], level=[], lower=[], upper=[]) == []


@pytest.mark.parametrize("more", [{}, {"upper": [1.0], "middle": [1.0]}])
def test_every_field_needs_its_column_and_no_other(more: dict[str, list[float]]) -> None:
    with pytest.raises(TypeError, match="Interval has the fields"):
        rows(Interval, 1, method=["t"], level=[0.9], lower=[0.0], **more)
