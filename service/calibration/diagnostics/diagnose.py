"""The entry: every check asked for, all their tests judged together, and what the card adds up to.

Rule of the summary: ``do_not_use`` where a check fails; ``use_with_care`` where one warns, or where no check passed
that reads pairs (nothing was seen of how LLM and human answers go together); else ``use``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.checks import CHECKS
from service.calibration.diagnostics.error_rate import OneTest, adjusted
from service.calibration.diagnostics.finding import Alarm, Entry, Finding, Measure, Status, not_testable, worst
from service.calibration.diagnostics.finding import Place as About
from service.calibration.diagnostics.ranking import Ranked, ranking
from service.calibration.diagnostics.study import Study
from service.calibration.errors import Warned

Summary = Literal["use", "use_with_care", "do_not_use"]
EXPLORATORY = "Exploratory: "


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The card: what it adds up to and why, the worst status, the findings in the order of the registry."""

    summary: Summary
    reason: str
    status: Status
    findings: tuple[Finding, ...]
    warnings: tuple[Warned, ...] = ()
    models: tuple[Ranked, ...] = ()
    level: float = 0.95


def diagnose(study: Study, settings: Settings, names: Sequence[str] | None = None) -> Diagnosis:
    """The card of a study: the checks of these names, all by default."""
    checks = [check for check in CHECKS if names is None or check.name in names]
    entries = [(check, entry) for check in checks for entry in _entries(check, study, settings)]
    findings = tuple(_judged(entries, settings))
    summary, reason = _summary(checks, findings, settings)
    status = worst([f.status for f in findings])
    return Diagnosis(
        summary, reason, status, findings, study.warnings, ranking(study, settings), settings.confidence_level
    )


def _entries(check: Check, study: Study, settings: Settings) -> Sequence[Entry]:
    found = check.run(study, settings)
    nothing = "the data holds nothing that this check reads"
    return found or [not_testable(About(), nothing, "send what the check needs; see its card in /v1/methods")]


def _judged(entries: Sequence[tuple[Check, Entry]], settings: Settings) -> list[Finding]:
    """The findings, given all tests of the card."""
    alarms = [
        (OneTest(check.name + " (second)" * alarm.secondary, entry.place.subgroup is not None, alarm.p_value), alarm)
        for check, entry in entries
        for alarm in entry.alarms
    ]
    values = iter(adjusted([test for test, _ in alarms]))
    level = 1.0 - settings.confidence_level
    return [_finding(check, entry, [next(values) for _ in entry.alarms], level) for check, entry in entries]


def _finding(check: Check, entry: Entry, p_values: Sequence[float], level: float) -> Finding:
    """An entry with the verdicts of the alarms that sound."""
    sounding = [alarm.verdict for alarm, p in zip(entry.alarms, p_values, strict=True) if p <= level]
    stated = [entry.verdict] if entry.verdict.status in ("warn", "fail") else []
    verdicts = [*stated, *sounding] or [entry.verdict]
    status = worst([v.status for v in verdicts])
    statement = "; ".join(v.statement for v in verdicts)
    if check.exploratory:
        status, statement = ("warn" if status == "fail" else status), EXPLORATORY + statement
    return Finding(
        check.name,
        entry.place,
        status,
        (*entry.measures, *(_adjusted(a, p) for a, p in zip(entry.alarms, p_values, strict=True))),
        statement,
        "; ".join(dict.fromkeys(v.action for v in verdicts)),
    )


def _adjusted(alarm: Alarm, p_value: float) -> Measure:
    return Measure(f"{alarm.measure}_p_value_adjusted", p_value)


def _summary(checks: Sequence[Check], findings: Sequence[Finding], settings: Settings) -> tuple[Summary, str]:
    """What the card adds up to, by the rule, and why."""
    rate = f"tests have error rate {1.0 - settings.confidence_level:.2g} over the whole card (weighted Holm)"
    failed, warned = (_named(findings, status) for status in ("fail", "warn"))
    if failed:
        also = f"; {warned} warned" if warned else ""
        return "do_not_use", f"{failed} failed{also}; {rate}"
    if warned:
        return "use_with_care", f"{warned} warned, none failed; {rate}"
    reading_pairs = {check.name for check in checks if check.needs_pairs}
    if not any(f.status == "pass" and f.name in reading_pairs for f in findings):
        return (
            "use_with_care",
            "nothing warned, but no check that compares LLM and human answers of the same units could be made; " + rate,
        )
    untested = _named(findings, "not_testable")
    return "use", f"nothing warned or failed{f'; not testable: {untested}' if untested else ''}; {rate}"


def _named(findings: Sequence[Finding], status: Status) -> str:
    return ", ".join(dict.fromkeys(f.name for f in findings if f.status == status))
