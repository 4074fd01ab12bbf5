"""Scales: there and back, slopes by differences, ends."""

from __future__ import annotations

from math import inf

import pytest

from service.calibration.scales import SCALES


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("value", [0.001, 0.3, 0.97])
def test_there_and_back_and_how_fast(name, value) -> None:
    scale = SCALES[name]
    at = scale.forward(value)
    assert scale.back(at) == pytest.approx(value, rel=1e-12)
    step = (scale.back(at + 1e-6) - scale.back(at - 1e-6)) / 2e-6
    assert scale.slope(value) == pytest.approx(step, rel=1e-6)


def test_the_ends() -> None:
    log, logit = SCALES["log"], SCALES["logit"]
    assert [log.forward(v) for v in (0.0, -1.0)] == [-inf, -inf]
    assert [log.back(t) for t in (-inf, 710.0)] == [0.0, inf]
    assert [logit.forward(v) for v in (-1.0, 0.0, 1.0, 2.0)] == [-inf, -inf, inf, inf]
    assert [logit.back(t) for t in (-800.0, 800.0)] == [0.0, 1.0]
