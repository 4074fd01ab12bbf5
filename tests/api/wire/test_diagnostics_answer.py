from __future__ import annotations

from service.api.wire.diagnostics_answer import from_core
from service.api.wire.passport import Issued, passport
from service.calibration.diagnostics.diagnose import Diagnosis
from service.calibration.diagnostics.finding import Finding, Interval, Measure, Place
from service.calibration.errors import Warned

HELD = passport(Issued(path="/v1/diagnostics", method="m", request_digest="d", report="r"))


def test_the_card_on_the_wire() -> None:
    measures = (Measure("a", 1.0, Interval("t", 0.9, None, 2.0), 0.5), Measure("b", 2.0))
    finding = Finding("leakage", Place("y", "gpt", "all", "f"), "warn", measures, "what", "do")
    found = from_core(Diagnosis("use_with_care", "why", "warn", (finding,), (Warned("few_humans", "m", "/p"),)), HELD)
    assert (found.summary, found.reason, found.status) == ("use_with_care", "why", "warn")
    (check,) = found.checks
    assert (check.name, check.outcome, check.model, check.arm, check.subgroup) == ("leakage", "y", "gpt", "all", "f")
    assert (check.status, check.statement, check.action) == ("warn", "what", "do")
    first, second = check.measures
    assert (first.name, first.value, first.p_value, first.interval.method) == ("a", 1.0, 0.5, "t")
    assert (first.interval.level, first.interval.lower, first.interval.upper) == (0.9, None, 2.0)
    assert (second.interval, second.p_value) == (None, None)
    assert found.warnings[0].code == "few_humans"
    assert found.passport is HELD
