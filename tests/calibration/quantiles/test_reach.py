from __future__ import annotations

import numpy as np
import pytest

from service.calibration.errors import NotIdentified
from service.calibration.inference import Interval, Result, Settings
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.plan import Plan
from service.calibration.quantiles import reach
from service.calibration.quantiles.arm import arm_quantile
from tests.calibration.quantiles.asking import ask, resolved
from tests.calibration.studies import problems


def humans(y: np.ndarray):
    return from_arrays([ArmArrays("all", y, None, None)])


def quantile(y: np.ndarray, q: float):
    found = resolved(humans(y), Plan(quantiles=(q,), estimator="human_only"))
    return arm_quantile(found, 0, q, "human_only").calibrated


@pytest.mark.parametrize("q", [0.02, 0.1, 0.9, 0.97])
def test_the_humans_needed_are_the_fewest_that_close_the_end(q: float) -> None:
    side = "lower" if q < 0.5 else "upper"
    n = reach.needed(quantile(np.arange(20.0), q), q, side, 0.025)
    closed = [quantile(np.arange(float(size)), q).inversion.bound(0.025, side) for size in (n - 1, n)]
    assert closed[0] is None
    assert closed[1] is not None


def test_ties_at_the_end_are_not_closed_by_more_humans() -> None:
    y = np.repeat([1.0, 2.0, 3.0], [30, 20, 10])
    assert reach.needed(quantile(y, 0.25), 0.25, "lower", 0.025) is None
    warned = reach.warned(quantile(y, 0.25), 0.25, "lower", 0.025, ("q=0.25", "all", "/data"))
    assert (warned.code, warned.pointer) == ("unbounded_interval", "/data")
    assert "share the outermost answer" in warned.message


def test_the_warning_says_how_many_humans_there_are_and_are_needed() -> None:
    text = reach.warned(quantile(np.arange(20.0), 0.9), 0.9, "upper", 0.025, ("q=0.9", "all", "")).message
    assert "about 55 humans would close it, there are 20" in text


def test_an_answer_with_one_open_end_is_warned_about_and_without_any_end_refused() -> None:
    (found,) = ask(humans(np.arange(20.0)), 0.9, estimator="human_only")
    assert found.estimates[0].result.interval.upper is None
    assert [w.code for w in found.warnings] == ["unbounded_interval"]
    with pytest.raises(NotIdentified) as refused:
        ask(humans(np.arange(5.0)), 0.5, estimator="human_only")
    assert problems(refused.value) == [("/data/arms/0/human", "interval_unbounded")] * 2
    (bounded,) = ask(humans(np.arange(5.0)), 0.5, estimator="human_only", bounds=(0.0, 9.0))
    assert (bounded.estimates[0].result.interval.lower, bounded.estimates[0].result.interval.upper) == (0.0, 9.0)


def test_only_ends_that_are_asked_for_count() -> None:
    assert [reach.asked(Settings(alternative=a)) for a in ("two_sided", "less", "greater", "non_inferiority")] == [
        ("lower", "upper"),
        ("upper",),
        ("lower",),
        ("lower",),
    ]
    assert (reach.tail(Settings(level=0.9)), reach.tail(Settings(level=0.75, alternative="less"))) == (
        pytest.approx(0.05),
        0.25,
    )
    assert (reach.opposite("lower"), reach.opposite("upper")) == ("upper", "lower")
    half_open = Result(1.0, 1.0, 1.0, None, Interval("t", 0.95, 1.0, None))
    assert (reach.is_open(half_open, "lower"), reach.is_open(half_open, "upper")) == (False, True)
    assert reach.unbounded(half_open, Settings(alternative="greater"), []) == []
    with pytest.raises(NotIdentified):
        ask(humans(np.arange(20.0)), 0.9, estimator="human_only", alternative="less")
    (found,) = ask(humans(np.arange(20.0)), 0.9, estimator="human_only", alternative="greater")
    assert found.warnings == ()


def test_llm_answers_below_all_humans_keep_an_end_open_whatever_the_number_of_humans() -> None:
    """A third of the LLM-only answers is below everyone, so that F at the smallest human answer is near q."""
    y = np.arange(100.0)
    only = np.concatenate((np.full(100, -50.0), np.linspace(0.0, 99.0, 200)))
    found = resolved(from_arrays([ArmArrays("all", y, y, only)]), Plan(quantiles=(0.3,), estimator="ppi"))
    own = arm_quantile(found, 0, 0.3, "ppi").calibrated
    assert own.inversion.bound(0.025, "lower") is None
    assert reach.needed(own, 0.3, "lower", 0.025) is None
    warned = reach.warned(own, 0.3, "lower", 0.025, ("q=0.3", "all", "/data"))
    assert "LLM answers on another scale" in warned.message


def test_a_share_too_small_for_any_number_of_humans_has_none() -> None:
    assert reach.needed(quantile(np.arange(20.0), 1e-12), 1e-12, "lower", 0.025) is None
    assert reach.needed(quantile(np.arange(20.0), 1e-9), 1e-9, "lower", 0.025) > 10**9
