from __future__ import annotations

from math import exp, inf, log, tanh

import pytest

from service.calibration.crossing import crossing


@pytest.mark.parametrize("root", [1e-6, 0.3, 1.0, 2.0, 7.7, 31.0])
def test_the_root_of_curves_that_bend_either_way(root: float) -> None:
    for curve in (
        lambda z: z - root,
        lambda z: z**3 - root**3,
        lambda z: exp(z) - exp(root),
        lambda z: tanh(z / 9.0) - tanh(root / 9.0),
    ):
        assert crossing(curve, 64.0) == pytest.approx(root, abs=1e-11)


def test_a_root_too_far_or_nowhere_is_infinite() -> None:
    assert crossing(lambda z: z - 40.0, 37.0) == inf
    assert crossing(lambda z: z / (1.0 + z) - 2.0, 1000.0) == inf


def test_few_evaluations() -> None:
    seen = []
    crossing(lambda z: seen.append(z) or log(1.0 + z) - 1.5, 64.0)
    assert len(seen) < 16


def test_a_jump_is_found_too() -> None:
    assert crossing(lambda z: -1.0 if z < 3.3 else 1.0, 64.0) == pytest.approx(3.3, abs=1e-9)
