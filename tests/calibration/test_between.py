from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.between import compared, families, partially_pooled, shared_clusters
from service.calibration.calibrate import calibrate
from service.calibration.heterogeneity import differences
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import from_table
from service.calibration.partial_pooling import pooled
from service.calibration.plan import Plan
from tests.calibration.grouped import grouped

PLAN = Plan(identification="exchangeability", partial_pooling=True)
TABLE = grouped(1, outcomes=2)
ANSWER = calibrate(from_table(TABLE), PLAN)


def test_a_family_is_the_subgroups_of_one_estimate() -> None:
    name = "treatment - control"
    assert families(ANSWER.estimates) == {("y0", name, None): [1, 2, 3, 4], ("y1", name, None): [6, 7, 8, 9]}


def test_every_family_is_compared() -> None:
    assert [(h.outcome, h.n_subgroups) for h in ANSWER.heterogeneity] == [("y0", 4), ("y1", 4)]
    mine = [e.result for e in ANSWER.estimates[1:5]]
    expected = differences([r.estimate for r in mine], [r.standard_error for r in mine], [r.df for r in mine])
    found = ANSWER.heterogeneity[0]
    assert (found.q, found.p_value, found.i_squared, found.between_sd) == (
        *(expected.q, expected.p_value),
        *(expected.i_squared, expected.between_sd),
    )


def test_pooled_estimates_stand_beside_those_that_are_not() -> None:
    plain = calibrate(from_table(TABLE), replace(PLAN, partial_pooling=False))
    assert [replace(e, pooled=None) for e in ANSWER.estimates] == list(plain.estimates)
    assert [e.pooled is None for e in ANSWER.estimates] == [e.subgroup is None for e in ANSWER.estimates]
    mine = [e.result for e in ANSWER.estimates[1:5]]
    expected = pooled([r.estimate for r in mine], [r.standard_error**2 for r in mine], [r.df for r in mine])
    for g, e in enumerate(ANSWER.estimates[1:5]):
        assert (e.pooled.estimate, e.pooled.shrinkage) == (expected.estimate[g], expected.shrinkage[g])
        assert e.pooled.standard_error**2 == pytest.approx(expected.variance[g])
        assert (e.pooled.interval.lower, e.pooled.interval.upper) == pytest.approx(
            (e.pooled.estimate - 2 * e.pooled.standard_error, e.pooled.estimate + 2 * e.pooled.standard_error), rel=0.3
        )
    assert (ANSWER.applied.partial_pooling, plain.applied.partial_pooling) == (True, False)


def test_a_one_sided_plan_has_one_sided_pooled_intervals() -> None:
    found = calibrate(from_table(TABLE), replace(PLAN, alternative="greater")).estimates[1].pooled
    assert (found.interval.upper, found.interval.lower < found.estimate) == (None, True)
    equivalence = replace(PLAN, alternative="equivalence", margin=1.0)
    assert calibrate(from_table(TABLE), equivalence).estimates[1].pooled == ANSWER.estimates[1].pooled


def test_normal_intervals_have_normal_pooled_intervals() -> None:
    found = calibrate(from_table(TABLE), replace(PLAN, interval="normal")).estimates[1].pooled
    assert (found.df, found.interval.method) == (None, "normal")


def test_three_subgroups_are_too_few_to_pool() -> None:
    answer = calibrate(from_table(grouped(2, sizes=(20, 20, 20))), PLAN)
    assert {e.pooled for e in answer.estimates} == {None}
    (warning,) = [w for w in answer.warnings if w.code == "too_few_subgroups"]
    assert warning.pointer == "/plan/partial_pooling"
    assert warning.message.startswith("3 subgroups have an estimate of treatment - control")


def test_a_subgroup_without_variance_is_neither_compared_nor_pooled() -> None:
    flat = replace(ANSWER.estimates[1], result=replace(ANSWER.estimates[1].result, standard_error=0.0), pooled=None)
    rest = [replace(e, pooled=None) for e in ANSWER.estimates[2:5]]
    (found,) = compared([flat, *rest])
    assert (found.n_subgroups, found.q, found.p_value, found.i_squared, found.between_sd) == (4, None, None, None, None)
    assert [e.pooled for e in partially_pooled([flat, *rest], PLAN)[0]] == [None] * 4
    more = [*rest, rest[0]]
    assert [e.pooled is None for e in partially_pooled([flat, *more], PLAN)[0]] == [True, False, False, False, False]


def test_a_single_subgroup_is_not_compared() -> None:
    (found,) = compared(ANSWER.estimates[:2])
    assert (found.n_subgroups, found.p_value) == (1, None)


def test_clusters_that_span_subgroups_are_a_warning() -> None:
    size = len(TABLE.human)
    within = from_table(replace(TABLE, survey=Survey(cluster=np.arange(size) // 2 + 1000.0 * TABLE.subgroup.codes)))
    across = from_table(replace(TABLE, survey=Survey(cluster=np.arange(size) % 60.0)))
    assert shared_clusters(within) == []
    assert [w.code for w in shared_clusters(across)] == ["subgroups_share_clusters"]
    assert shared_clusters(from_table(TABLE)) == []
    assert "subgroups_share_clusters" in {w.code for w in calibrate(across, PLAN).warnings}
    assert "subgroups_share_clusters" not in {w.code for w in calibrate(within, PLAN).warnings}
