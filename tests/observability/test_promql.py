from __future__ import annotations

from tests.observability.promql import named


def test_metrics_labels_and_groupings_are_told_apart() -> None:
    found = named(
        'histogram_quantile(0.9, sum by (le, route) (rate(a_bucket{job="x", route=~"/v1/.+{y}", le!="1.0"}[5m])))'
        " > 2 * b:c:rate5m and on (job) time() - d offset 5m == bool 1 or vector(0)"
    )
    assert found.metrics == {"a_bucket": {"job", "route", "le"}, "b:c:rate5m": set(), "d": set()}
    assert found.grouped == {"le", "route", "job"}


def test_grouping_may_come_after() -> None:
    assert named("sum(x) by (y)") == ({"x": set()}, {"y"})
