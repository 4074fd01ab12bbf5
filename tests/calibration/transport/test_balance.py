from __future__ import annotations

import numpy as np
import pytest

from service.calibration.margins import Margin, Margins
from service.calibration.transport.balance import Source, balance, joined

SEX, AGE = Margin("sex", ("f", "m"), ""), Margin("age", (), "")
MARGINS = Margins((SEX, AGE), np.array([0.5, 40.0]))
X = np.array([[0.5, 0.5, 0.5, -0.5], [-10.0, 0.0, 20.0, 10.0]])
BASE, WEIGHT = np.array([1.0, 1.0, 1.0, 1.0]), np.array([0.5, 0.5, 1.0, 2.0])


def test_by_hand() -> None:
    found = balance(MARGINS, Source(X, BASE, WEIGHT), "a")
    assert (found.name, found.n) == ("a", 4)
    assert found.kish_n == pytest.approx(16.0 / 5.5)
    assert found.overlap == pytest.approx(0.125 + 0.125 + 0.25 + 0.25)
    assert found.largest_share == 0.5
    sd_age = np.std([-10.0, 0.0, 20.0, 10.0])
    assert found.smd_before == pytest.approx(
        {"sex=f": -0.25 / 0.75**0.5 * 2, "sex=m": 0.25 / 0.75**0.5 * 2, "age": 5.0 / sd_age}
    )
    assert found.smd_after == pytest.approx({"sex=f": 0.0, "sex=m": 0.0, "age": (-5.0 + 20.0 + 20.0) / 4.0 / sd_age})


def test_sources_together() -> None:
    source = Source(X, BASE, WEIGHT)
    both = joined([source, source])
    assert (both.x.shape, both.base.shape, both.weight.shape) == ((2, 8), (8,), (8,))
    assert balance(MARGINS, both, None).kish_n == pytest.approx(2 * 16.0 / 5.5)
