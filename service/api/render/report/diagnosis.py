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
    name,
    section,
    sections,
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
        [
            ("check", [words(spoken(c["name"])) for c in checks]),
            *_about(checks),
            ("status", [status(c["status"]) for c in checks]),
            ("found", [words(c["statement"]) for c in checks]),
            ("do", [words(c["action"]) for c in checks]),
        ],
    )


def _measures(checks: list[Answer]) -> Table:
    pairs = [(c, m) for c in checks for m in c["measures"]]
    return table(
        "Numbers of the checks; p-values are not adjusted for the other tests of the card",
        [
            ("check", [words(spoken(c["name"])) for c, _ in pairs]),
            *_about([c for c, _ in pairs]),
            ("measure", [words(spoken(m["name"])) for _, m in pairs]),
            ("value", [figure(m["value"]) for _, m in pairs]),
            ("interval", [between(m["interval"]) for _, m in pairs]),
            ("p-value", [chance(m["p_value"]) for _, m in pairs]),
        ],
    )


def _ranking(models: list[Answer]) -> Table:
    return table(
        "Models by the variance they would leave, cross-fitted; exploratory",
        [
            ("outcome", [name(m["outcome"]) for m in models]),
            ("rank", [figure(m["rank"]) for m in models]),
            ("model", [name(m["model"]) for m in models]),
            ("variance ratio", [figure(m["variance_ratio"]) for m in models]),
            ("interval", [between(m["interval"]) for m in models]),
            ("over the next", [figure(m["ratio_to_next"]) for m in models]),
            ("p-value of no difference", [chance(m["p_value"]) for m in models]),
            ("over the best", [figure((m["ratio_to_best"] or _NONE)["value"]) for m in models]),
            ("beyond noise", [yes((m["ratio_to_best"] or _NONE)["beyond_noise"]) for m in models]),
            ("fidelity", [figure((m["fidelity"] or _NONE)["cross_fitted_correlation"]) for m in models]),
            ("its interval", [between((m["fidelity"] or _NONE)["interval"]) for m in models]),
            ("rank by fidelity", [figure((m["fidelity"] or _NONE)["rank"]) for m in models]),
        ],
    )


def _about(checks: list[Answer]) -> list[tuple[str, list[Cell]]]:
    """Outcome, model, arm and subgroup in one column: most entries have few of them."""
    return [("of", [name(place(c["outcome"], c["model"], c["arm"], c["subgroup"]) or None) for c in checks])]
