from __future__ import annotations

import pytest

from service.calibration.errors import UnsupportedCombination
from service.calibration.estimands.mean import contrasts
from service.calibration.plan import NamedContrast, Plan
from tests.calibration.studies import problems


def test_one_estimate_per_arm() -> None:
    found = contrasts(["a", "b"], Plan())
    assert [(c.name, c.weights.tolist()) for c in found] == [("a", [1.0, 0.0]), ("b", [0.0, 1.0])]


@pytest.mark.parametrize("named", [(), (NamedContrast("d", {"a": 1.0, "b": -1.0}),)])
def test_contrasts_are_refused(named: tuple[NamedContrast, ...]) -> None:
    with pytest.raises(UnsupportedCombination) as refused:
        contrasts(["a", "b"], Plan(contrasts=named))
    assert problems(refused.value) == [("/plan/contrasts", "unsupported_combination")]
