from __future__ import annotations

from service.calibration.diagnostics.finding import Place, not_testable, worst


def test_statuses_are_ordered() -> None:
    assert worst(["pass", "warn", "not_testable"]) == "warn"
    assert worst(["warn", "fail"]) == "fail"
    assert worst(["not_testable", "pass"]) == "not_testable"
    assert worst([]) == "pass"


def test_what_cannot_be_tested_says_what_to_do() -> None:
    entry = not_testable(Place("y"), "why", "what")
    assert (entry.verdict.status, entry.verdict.statement, entry.verdict.action) == ("not_testable", "why", "what")
