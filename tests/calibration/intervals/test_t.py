from __future__ import annotations

import pytest
from scipy import stats

from service.calibration.intervals import t
from tests.calibration.intervals import cases


def test_bounds_and_tails_are_scipys() -> None:
    law = stats.t(4.3, 0.4, 0.2)
    pivot = t.StudentT(0.4, 0.2, 4.3)
    assert [pivot.bound(0.03, "lower"), pivot.bound(0.03, "upper")] == pytest.approx([law.ppf(0.03), law.isf(0.03)])
    assert pivot.tail(0.1, "lower") == pytest.approx(law.cdf(0.1))
    assert pivot.tail(0.1, "upper") == pytest.approx(law.sf(0.1))


def test_without_any_error_all_or_nothing() -> None:
    pivot = t.StudentT(1.0, 0.0, 5.0)
    assert pivot.bound(0.05, "lower") == pivot.bound(0.05, "upper") == 1.0
    assert [pivot.tail(v, "lower") for v in (0.5, 1.0, 1.5)] == [0.0, 1.0, 1.0]
    assert [pivot.tail(v, "upper") for v in (0.5, 1.0, 1.5)] == [1.0, 1.0, 0.0]


def test_the_pivot_is_the_contexts_point() -> None:
    context = cases.context(cases.twins(), cases.DIFFERENCE)
    found = t.pivot(cases.twins(), cases.DIFFERENCE, context)
    assert found == t.StudentT(context.value, context.standard_error, context.df)
