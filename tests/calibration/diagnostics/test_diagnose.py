from __future__ import annotations

import pytest

from service.calibration.card import Card
from service.calibration.diagnostics import diagnose as module
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.diagnose import diagnose
from service.calibration.diagnostics.finding import Alarm, Entry, Place, Verdict
from service.calibration.diagnostics.layouts import of_arrays
from tests.calibration.diagnostics.studies import arm

STUDY = of_arrays([arm([1, 2, 3, 4], [1, 2, 3, 5])])


def check(name, *entries, exploratory=False, needs_pairs=False):
    card = Card(name, name, "", (), (), ())
    return Check(card, lambda _study, _settings: list(entries), exploratory, needs_pairs)


def entry(status="pass", *alarms):
    return Entry(Place("y"), Verdict(status, f"is {status}", f"do {status}"), (), alarms)


def alarm(p, status="fail"):
    return Alarm("m", p, Verdict(status, f"sounds at {p}", f"act on {p}"))


@pytest.fixture
def judged(monkeypatch):
    def of(*checks, **settings):
        monkeypatch.setattr(module, "CHECKS", checks)
        return diagnose(STUDY, Settings(**settings))

    return of


@pytest.mark.parametrize(
    ("checks", "summary", "status"),
    [
        ([check("a", entry(), needs_pairs=True)], "use", "pass"),
        ([check("a", entry())], "use_with_care", "pass"),
        ([check("a", entry(), needs_pairs=True), check("b", entry("not_testable"))], "use", "not_testable"),
        ([check("a", entry(), needs_pairs=True), check("b", entry("warn"))], "use_with_care", "warn"),
        ([check("a", entry("warn"), needs_pairs=True), check("b", entry("fail"))], "do_not_use", "fail"),
        ([check("a", entry("fail"), exploratory=True)], "use_with_care", "warn"),
        ([check("a")], "use_with_care", "not_testable"),
    ],
)
def test_the_rule_of_the_summary(judged, checks, summary, status) -> None:
    found = judged(*checks)
    assert (found.summary, found.status) == (summary, status)


def test_the_reason_names_what_failed_warned_and_was_not_testable(judged) -> None:
    assert "b failed; a warned" in judged(check("a", entry("warn")), check("b", entry("fail"), entry("fail"))).reason
    found = judged(check("a", entry(), needs_pairs=True), check("b", entry("not_testable")), confidence_level=0.9)
    assert "not testable: b" in found.reason
    assert "error rate 0.1 over the whole card" in found.reason


def test_an_alarm_sounds_by_its_p_value_over_the_whole_card(judged) -> None:
    alone = judged(check("a", entry("pass", alarm(0.04))))
    assert (alone.findings[0].status, alone.findings[0].statement) == ("fail", "sounds at 0.04")
    assert alone.findings[0].measures[-1].name == "m_p_value_adjusted"
    two = judged(check("a", entry("pass", alarm(0.04))), check("b", entry("pass", alarm(0.3))))
    assert [f.status for f in two.findings] == ["pass", "pass"]
    assert two.findings[0].measures[-1].value == pytest.approx(0.08)
    assert two.findings[0].statement == "is pass"


def test_what_stands_and_what_sounds_are_both_said(judged) -> None:
    (found,) = judged(check("a", entry("warn", alarm(0.001), alarm(0.9, "warn")))).findings
    assert found.status == "fail"
    assert found.statement == "is warn; sounds at 0.001"
    assert found.action == "do warn; act on 0.001"


def test_an_exploratory_statement_says_so(judged) -> None:
    assert judged(check("a", entry(), exploratory=True)).findings[0].statement == "Exploratory: is pass"


def test_only_the_checks_asked_for_are_made(judged, monkeypatch) -> None:
    monkeypatch.setattr(module, "CHECKS", (check("a", entry()), check("b", entry())))
    assert [f.name for f in diagnose(STUDY, Settings(), ["b"]).findings] == ["b"]
