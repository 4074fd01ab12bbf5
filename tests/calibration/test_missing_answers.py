from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.answer import UnansweredEstimate
from service.calibration.calibrate import calibrate
from service.calibration.errors import InvalidPlan
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.table import from_table
from service.calibration.plan import Plan
from tests.calibration.nonresponse import Asked, sample, table

TWINS = Asked(200, arms=2)
ENDS = (-9.0, 12.0)


def first(asked: Asked = TWINS, seed: int = 1, **plan) -> UnansweredEstimate:
    control = "control" if asked.arms == 2 else None
    found = calibrate(sample(asked, seed), Plan(control=control, estimator="regression", **plan)).missing_answers
    assert found is not None
    return found.estimates[0]


def test_complete_cases_are_what_drop_unit_gives() -> None:
    (dropped,) = from_table(table(TWINS, 1), "drop_unit")
    plan = Plan(control="control", estimator="regression")
    found, expected = first().complete_case, calibrate(dropped, plan).estimates[0].result
    for name in ("estimate", "standard_error", "df", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-10)
    assert found.interval.lower == pytest.approx(expected.interval.lower, rel=1e-10)


def test_arms_count_who_was_asked_and_who_answered() -> None:
    found = calibrate(sample(TWINS, 1), Plan(control="treated")).missing_answers
    sent = table(TWINS, 1)
    assert sent.arm is not None
    assert found is not None
    assert [a.name for a in found.arms] == ["treated", "control"]
    for arm in found.arms:
        mine = sent.outcomes[0][1][sent.arm.codes == sent.arm.names.index(arm.name)]
        assert (arm.asked, arm.answered) == (mine.size, int(np.isfinite(mine).sum()))
        assert arm.rate == arm.answered / arm.asked
        assert 0.0 < arm.lowest_propensity < 1.0
        assert 1.0 < arm.kish_n < arm.answered


def test_the_sensitivity_is_the_share_of_each_arm_that_did_not_answer() -> None:
    sent = table(TWINS, 1)
    assert sent.arm is not None
    y = sent.outcomes[0][1]
    shares = [np.isnan(y[sent.arm.codes == d]).mean() for d in (0, 1)]
    assert first().sensitivity == pytest.approx(sum(shares), rel=1e-12)
    w = table(Asked(200, weights=True), 1).survey.weight
    assert w is not None
    missing = np.isnan(table(Asked(200, weights=True), 1).outcomes[0][1])
    assert first(Asked(200, weights=True)).sensitivity == pytest.approx(w[missing].sum() / w.sum(), rel=1e-12)


def test_no_delta_moves_nothing_and_delta_moves_by_it() -> None:
    plain = calibrate(sample(TWINS, 1), Plan(control="control", estimator="regression")).estimates[0].result
    assert first().delta_bounds is None
    small, large = first(missing_delta=1e-12).delta_bounds, first(missing_delta=0.5).delta_bounds
    assert small is not None
    assert large is not None
    assert (small.lower, small.upper) == pytest.approx((plain.estimate, plain.estimate), abs=1e-11)
    assert small.interval.lower == pytest.approx(plain.interval.lower, abs=1e-10)
    assert small.interval.upper == pytest.approx(plain.interval.upper, abs=1e-10)
    s = first().sensitivity
    assert (large.lower, large.upper) == pytest.approx((plain.estimate - 0.5 * s, plain.estimate + 0.5 * s), rel=1e-12)


def test_the_variance_of_a_shift_knows_that_shares_are_estimated() -> None:
    """At a huge delta the shifted estimate is delta times the share, whose variance is that of a proportion."""
    asked, delta = Asked(200), 1e6
    found = first(asked, missing_delta=delta, interval="normal").delta_bounds
    assert found is not None
    missing = np.isnan(table(asked, 1).outcomes[0][1]).mean()
    half = 1.959963984540054 * delta * np.sqrt(missing * (1.0 - missing) / asked.n)
    assert found.interval.upper - found.upper == pytest.approx(half, rel=1e-4)
    assert found.lower - found.interval.lower == pytest.approx(half, rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("null", [-1.0, 0.0, 2.0])
def test_at_the_tipping_points_bounds_and_intervals_reach_the_null_value(seed: int, null: float) -> None:
    found = first(seed=seed, null_value=null)
    assert found.tipping_delta is not None
    assert found.tipping_delta_interval is not None
    assert found.tipping_delta_interval <= found.tipping_delta
    at = first(seed=seed, null_value=null, missing_delta=found.tipping_delta).delta_bounds
    assert at is not None
    assert min(abs(at.lower - null), abs(at.upper - null)) < 1e-10
    if found.tipping_delta_interval:
        reached = first(seed=seed, null_value=null, missing_delta=found.tipping_delta_interval).delta_bounds
        assert reached is not None
        assert reached.interval.lower is not None
        assert reached.interval.upper is not None
        assert min(abs(reached.interval.lower - null), abs(reached.interval.upper - null)) < 1e-10
    else:
        plain = calibrate(sample(TWINS, seed), Plan(control="control", estimator="regression")).estimates[0].result
        assert plain.interval.lower is not None
        assert plain.interval.upper is not None
        assert plain.interval.lower <= null <= plain.interval.upper


def test_a_one_sided_interval_has_one_tipping_point() -> None:
    asked = Asked(200)
    assert first(asked, alternative="less").tipping_delta_interval == 0.0
    greater = first(asked, alternative="greater").tipping_delta_interval
    two_sided = first(asked).tipping_delta_interval
    assert greater is not None
    assert two_sided is not None
    assert greater > two_sided > 0.0
    equivalence = first(asked, alternative="equivalence", margin=9.0)
    assert (equivalence.tipping_delta, equivalence.tipping_delta_interval) == (None, None)


def test_an_answer_without_missing_people_in_its_arms_has_no_tipping_point() -> None:
    sent = table(Asked(300, arms=2), 3)
    assert sent.arm is not None
    third = Labels(np.where(np.arange(300) % 5 == 0, 2, sent.arm.codes), (*sent.arm.names, "third"))
    y = sent.outcomes[0][1].copy()
    gone = np.isnan(y)
    y[gone & (third.codes < 2)] = 0.5
    (of_three,) = from_table(replace(sent, arm=third, outcomes=(("y", y),)), "response_propensity")
    answer = calibrate(of_three, Plan(control="control", bounds=(-20.0, 20.0))).missing_answers
    assert answer is not None
    found = {e.name: (e.sensitivity > 0.0, e.tipping_delta is None, e.tipping_delta_interval) for e in answer.estimates}
    assert found["treated - control"] == (False, True, None)
    assert found["third - control"][:2] == (True, False)
    worst = {e.name: e.worst_case for e in answer.estimates}
    assert worst["treated - control"].lower == worst["treated - control"].upper
    assert worst["third - control"].lower < worst["third - control"].upper


def test_the_worst_case_fills_in_the_ends() -> None:
    sent = table(TWINS, 1)
    assert sent.arm is not None
    y = sent.outcomes[0][1]
    arms = [y[sent.arm.codes == d] for d in (0, 1)]
    low = np.nan_to_num(arms[1], nan=ENDS[0]), np.nan_to_num(arms[0], nan=ENDS[1])
    high = np.nan_to_num(arms[1], nan=ENDS[1]), np.nan_to_num(arms[0], nan=ENDS[0])
    found = first(bounds=ENDS, interval="normal").worst_case
    assert found is not None
    assert found.lower == pytest.approx(low[0].mean() - low[1].mean(), rel=1e-12)
    assert found.upper == pytest.approx(high[0].mean() - high[1].mean(), rel=1e-12)
    error = np.sqrt(sum(a.var(ddof=1) / a.size for a in low))
    assert found.interval.lower == pytest.approx(found.lower - 1.959963984540054 * error, rel=1e-12)
    wider = first(bounds=ENDS).worst_case
    assert wider is not None
    assert wider.interval.lower is not None
    assert found.interval.lower is not None
    assert wider.interval.lower < found.interval.lower
    assert first().worst_case is None


def test_bounds_that_an_answer_is_outside_of_are_refused() -> None:
    with pytest.raises(InvalidPlan) as refused:
        first(bounds=(0.0, 1.0))
    assert [p.code for p in refused.value.problems] == ["outside_bounds"]


def test_subgroups_and_outcomes_have_entries_of_their_own() -> None:
    sent = table(Asked(400), 4)
    y = sent.outcomes[0][1]
    half = Labels(np.arange(400) % 2, ("f", "m"))
    other = np.where(np.isnan(y), np.nan, 2.0 * y + 1.0)
    both = replace(
        sent,
        outcomes=(("y", y), ("z", other)),
        predictions=(
            replace(sent.predictions[0], outcome="y"),
            replace(sent.predictions[0], outcome="z"),
        ),
        subgroup=half,
    )
    found = calibrate(from_table(both, "response_propensity"), Plan()).missing_answers
    assert found is not None
    whole = [("y", None), ("y", "f"), ("y", "m"), ("z", None), ("z", "f"), ("z", "m")]
    assert [(e.outcome, e.subgroup) for e in found.estimates] == whole
    assert [(a.outcome, a.subgroup) for a in found.arms] == whole
    assert found.arms[0].asked == found.arms[1].asked + found.arms[2].asked
