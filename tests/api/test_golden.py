from __future__ import annotations

import math
from dataclasses import replace

import pytest

from service.api import golden


def test_every_known_answer_is_computed_right() -> None:
    assert golden.deviation() < 1e-14
    assert len(golden.GOLDEN) == 2


@pytest.mark.parametrize("which", [golden.WELCH, golden.PPI])
@pytest.mark.parametrize("part", ["estimate", "standard_error"])
def test_the_largest_error_of_any_number_is_told(
    monkeypatch: pytest.MonkeyPatch, which: golden.Golden, part: str
) -> None:
    wrong = replace(which, **{part: getattr(which, part) * (1 + 1e-6)})
    monkeypatch.setattr(golden, "GOLDEN", [wrong if g is which else g for g in golden.GOLDEN])
    assert math.isclose(golden.deviation(), 1e-6, rel_tol=1e-3)


def test_what_is_not_a_number_is_the_largest_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden, "GOLDEN", (golden.WELCH, replace(golden.PPI, estimate=math.nan)))
    assert golden.deviation() == math.inf
