from __future__ import annotations

from collections import Counter
from typing import get_args

from service.api.render.severity import SEVERITY, by_severity, counted
from service.api.wire.diagnostics_answer import Status


def test_every_status_has_its_place() -> None:
    assert get_args(Status) == SEVERITY


def test_the_worst_come_first_and_otherwise_nothing_moves() -> None:
    checks = [{"status": s, "k": k} for k, s in enumerate(("pass", "fail", "warn", "fail", "not_testable"))]
    assert [check["k"] for check in by_severity(checks)] == [1, 3, 2, 4, 0]


def test_statuses_are_counted_the_worst_first() -> None:
    assert counted(Counter(["pass", "fail", "pass", "not_testable"])) == "1 fail, 1 not testable, 2 pass"
