from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from msgspec.structs import force_setattr
from scipy import integrate

from service.api import golden
from service.api.parsing import shipping
from service.api.reading.whole import QUICK_BYTES
from service.api.wire.calibration import CalibrationRequest
from service.api.wire.columns import BinaryArray
from service.web.columns_json import ColumnsDecoder
from service.web.strict_json import StrictDecoder

NUMBERS = [field.name for field in fields(golden.Golden) if field.name != "request"]
MILLIONTH = 1 + 1e-6


def test_every_known_answer_is_computed_right() -> None:
    assert golden.deviation() < 1e-14
    assert len(golden.GOLDEN) == 3


@pytest.mark.parametrize("which", golden.GOLDEN, ids=["Welch", "PPI", "long"])
@pytest.mark.parametrize("part", NUMBERS)
def test_the_largest_error_of_any_number_is_told(
    monkeypatch: pytest.MonkeyPatch, which: golden.Golden, part: str
) -> None:
    wrong = replace(which, **{part: getattr(which, part) * MILLIONTH})
    monkeypatch.setattr(golden, "GOLDEN", [wrong if g is which else g for g in golden.GOLDEN])
    assert math.isclose(golden.deviation(), 1e-6, rel_tol=1e-3)


def test_what_is_not_a_number_is_the_largest_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden, "GOLDEN", (golden.WELCH, replace(golden.PPI, estimate=math.nan)))
    assert golden.deviation() == math.inf


@pytest.mark.parametrize(("which", "df"), [(golden.WELCH, 675 / 137), (golden.PPI, 507 / 73)])
def test_bounds_and_p_values_are_those_of_the_density(which: golden.Golden, df: float) -> None:
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)

    def both_tails(t: float) -> float:
        tail, _ = integrate.quad(
            lambda x: scale * (1 + x * x / df) ** (-(df + 1) / 2), t, math.inf, epsabs=0, epsrel=1e-13
        )
        return 2 * tail

    for bound in (which.lower, which.upper):
        assert both_tails(abs(bound - which.estimate) / which.standard_error) == pytest.approx(0.05, rel=1e-12)
    assert both_tails(which.estimate / which.standard_error) == pytest.approx(which.p_value, rel=1e-12)


def test_one_is_large_enough_for_the_reader_of_columns() -> None:
    assert len(golden.LONG.request) >= QUICK_BYTES > max(len(each.request) for each in (golden.WELCH, golden.PPI))


@pytest.mark.parametrize("place", [(StrictDecoder, "decode"), (ColumnsDecoder, "decode"), (shipping, "read")])
def test_a_number_that_is_read_wrongly_on_the_way_is_seen(
    monkeypatch: pytest.MonkeyPatch, place: tuple[object, str]
) -> None:
    right = getattr(*place)

    def wrong(*given: object) -> CalibrationRequest:
        wire = right(*given)
        for arm in wire.data.arms:
            numbers = np.frombuffer(arm.human.data) if isinstance(arm.human, BinaryArray) else np.array(arm.human)
            force_setattr(arm, "human", BinaryArray("<f8", (numbers * MILLIONTH).tobytes()))
        return wire

    monkeypatch.setattr(*place, wrong)
    assert golden.deviation() > 1e-7
