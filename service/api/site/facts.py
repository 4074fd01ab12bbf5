"""Pages made of facts that stand elsewhere once: the methods' cards, the catalogue, the decision records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus

from service.api.site.layout import linked, rendered
from service.api.site.library import ROOT, Library, at
from service.api.site.markdown import Follow, Heading, Written
from service.api.site.mentions import Mention
from service.api.site.passages import Passage
from service.api.site.search import MOST_FOUND, Found
from service.calibration.card import Card
from service.web.problems import Catalogue, Entry

KINDS = {
    "estimands": ("Estimands", "What is estimated: `estimand` in a plan."),
    "statistics": ("Named statistics", "What the estimand `plug_in` takes as `statistic`."),
    "estimators": ("Estimators", "How human and LLM answers are combined: `estimator` in a plan."),
    "intervals": ("Intervals", "How the uncertainty is told: `interval` in a plan."),
    "diagnostics": ("Diagnostics", "What `POST /v1/diagnostics` checks: `checks`."),
    "screenings": ("Screenings", "How `POST /v1/screenings` judges many hypotheses: `multiplicity`."),
    "missing_answers": ("Missing answers", "What is done about people who did not answer: `missing` in a plan."),
    "transport": ("Transport", "Results for another population: `target` in a plan."),
    "track_records": ("Track records", "What `POST /v1/track-records` makes of past studies."),
}
"""Kinds of cards: a title and where their names are used."""


def kinds_html(cards: Mapping[str, Sequence[Card]]) -> Written:
    """All methods, by kind."""
    kinds = [(kind, *_described(kind), group) for kind, group in cards.items()]
    headings = tuple(Heading(2, kind, title) for kind, title, _, _ in kinds)
    return Written("Methods", rendered("methods.html", kinds=kinds), headings)


def kind_html(kind: str, cards: Sequence[Card], named: Follow) -> Written:
    """The cards of one kind."""
    title, use = _described(kind)
    html = rendered("cards.html", title=title, use=use, cards=cards, linked=partial(linked, named=named))
    return Written(title, html, tuple(Heading(2, card.name, card.name) for card in cards))


def _described(kind: str) -> tuple[str, str]:
    return KINDS.get(kind, (kind.replace("_", " ").capitalize(), ""))


def problems_html(catalogue: Catalogue) -> Written:
    """All codes: warnings, then errors by status."""
    statuses = sorted({entry.status for entry in catalogue.values() if entry.status is not None})
    groups = [("warnings", "Warnings", _of(catalogue, None))]
    groups += [(f"status-{s}", f"{s} {HTTPStatus(s).phrase}", _of(catalogue, s)) for s in statuses]
    headings = tuple(Heading(2, anchor, title) for anchor, title, _ in groups)
    return Written("Errors and warnings", rendered("problems.html", groups=groups), headings)


def _of(catalogue: Catalogue, status: int | None) -> list[Entry]:
    return sorted((e for e in catalogue.values() if e.status == status), key=lambda e: e.code)


def problem_html(entry: Entry, mentions: Mapping[str, Sequence[Mention]], named: Follow) -> Written:
    """One code: what it means, what to do, where it is written about."""
    phrase = "" if entry.status is None else f"{entry.status} {HTTPStatus(entry.status).phrase}"
    told = mentions.get(entry.code, ())
    html = rendered("problem.html", entry=entry, phrase=phrase, told=told, linked=partial(linked, named=named))
    return Written(f"{entry.code}: {entry.title}", html, ())


def records_html(library: Library) -> Written:
    """All decision records."""
    records = [(at(page), library.text(page).partition("\n")[0].lstrip("# ")) for page in library.decisions()]
    return Written("Decisions", rendered("records.html", records=records), ())


def passages_of_facts(cards: Mapping[str, Sequence[Card]], catalogue: Catalogue) -> Iterator[Passage]:
    """What search reads of codes and cards."""
    for entry in catalogue.values():
        text = f"{entry.meaning} {entry.action}"
        yield Passage(f"{ROOT}/problems/{entry.code}", entry.code, entry.title, text)
    for kind, group in cards.items():
        for card in group:
            text = "; ".join((card.formula, *card.assumptions, *card.limits, *card.sources))
            yield Passage(f"{ROOT}/methods/{kind}#{card.name}", card.name, f"{_described(kind)[0]}: {card.title}", text)


def found_html(query: str, found: Sequence[Found]) -> Written:
    """What a search found."""
    return Written(
        f"Search: {query}" if query else "Search",
        rendered("search.html", query=query, found=found, most=MOST_FOUND),
        (),
    )


def nowhere_html() -> Written:
    """What is shown where there is no page."""
    return Written("No such page", rendered("nowhere.html"), ())
