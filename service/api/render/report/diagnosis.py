"""The report of POST /v1/diagnostics."""

from __future__ import annotations

from collections import Counter
from typing import Any

from service.api.render.doubts import grouped
from service.api.render.report.blocks import (
    Cell,
    Page,
    Table,
    between,
    chance,
    figure,
    leveled,
    name,
    section,
    sections,
    share,
    status,
    table,
    words,
    yes,
)
from service.api.render.report.blocks import facts as listed
from service.api.render.report.evidence import closing
from service.api.render.severity import by_severity, counted
from service.api.render.words import place, spoken

Answer = dict[str, Any]
_NONE: dict[str, Any] = dict.fromkeys(("value", "beyond_noise", "cross_fitted_correlation", "interval", "rank"))
VERDICTS = {
    "use": "Nothing that was checked speaks against relying on these LLM answers as planned.",
    "use_with_care": "Something warns, or could not be checked: read the entries before relying on these answers.",
    "do_not_use": "A check failed: do not rely on these LLM answers as they are.",
}


def page(answer: Answer) -> Page:
    """The whole report."""
    checks, models = by_severity(answer["checks"]), answer["models"]
    counts = Counter(check["status"] for check in checks)
    return Page(
        title=f"Diagnostics: {spoken(answer['summary'])}",
        lead=(VERDICTS[answer["summary"]], _sentence(answer["reason"])),
        facts=listed(("entries", figure(len(checks))), ("of them", words(counted(counts) or None))),
        warnings=tuple(grouped(answer["warnings"])),
        status=answer["summary"],
        figure_caption="Every check, the worst first.",
        sections=(
            *sections(
                section("What to do", _actions(checks)),
                section("Measures", _measures(checks)),
                section("LLMs ranked", _ranking(models)),
            ),
            *closing(answer, [("check", name) for name in dict.fromkeys(c["name"] for c in answer["checks"])]),
        ),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _actions(checks: list[Answer]) -> Table:
    return table(
        "Every entry, the worst first",
        checks,
        ("check", lambda c: words(spoken(c["name"]))),
        ("of", _about),
        ("status", lambda c: status(c["status"])),
        ("found", lambda c: words(c["statement"])),
        ("do", lambda c: words(c["action"])),
    )


def _measures(checks: list[Answer]) -> Table:
    found = [measure | {"of": check} for check in checks for measure in check["measures"]]
    interval = leveled("interval", [measure["interval"] for measure in found])
    return table(
        "Numbers of the checks; p-values are not adjusted for the other tests of the card",
        found,
        ("check", lambda m: words(spoken(m["of"]["name"]))),
        ("of", lambda m: _about(m["of"])),
        ("measure", lambda m: words(spoken(m["name"]))),
        ("value", lambda m: figure(m["value"])),
        (interval, lambda m: between(m["interval"])),
        ("level", lambda m: share(m["interval"]["level"] if m["interval"] and interval == "interval" else None)),
        ("p-value", lambda m: chance(m["p_value"])),
    )


def _ranking(models: list[Answer]) -> Table:
    return table(
        "Models by the variance they would leave, cross-fitted; exploratory",
        models,
        ("outcome", lambda m: name(m["outcome"])),
        ("rank", lambda m: figure(m["rank"])),
        ("model", lambda m: name(m["model"])),
        ("variance ratio", lambda m: figure(m["variance_ratio"])),
        (leveled("interval", [m["interval"] for m in models]), lambda m: between(m["interval"])),
        ("over the next", lambda m: figure(m["ratio_to_next"])),
        ("p-value of no difference", lambda m: chance(m["p_value"])),
        ("over the best", lambda m: figure((m["ratio_to_best"] or _NONE)["value"])),
        ("beyond noise", lambda m: yes((m["ratio_to_best"] or _NONE)["beyond_noise"])),
        ("fidelity", lambda m: figure((m["fidelity"] or _NONE)["cross_fitted_correlation"])),
        ("its interval", lambda m: between((m["fidelity"] or _NONE)["interval"])),
        ("rank by fidelity", lambda m: figure((m["fidelity"] or _NONE)["rank"])),
    )


def _about(check: Answer) -> Cell:
    """Outcome, model, arm and subgroup in one cell: most entries have few of them."""
    return name(place(check["outcome"], check["model"], check["arm"], check["subgroup"]) or None)
