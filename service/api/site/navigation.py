"""The order of the pages: what the contents beside every page show, and what comes before and after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from service.api.site.library import ROOT, at

_SECTIONS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Start",
        (
            ("index", "Contents"),
            ("quick_start", "Quick start"),
            ("workbench", "The workbench"),
            ("r", "R"),
            ("javascript", "JavaScript"),
            ("command_line", "Command line"),
            ("recipes", "Recipes"),
        ),
    ),
    (
        "Understand",
        (
            ("concepts", "Concepts"),
            ("choosing", "Choosing"),
            ("estimands", "Beyond means"),
            ("missing_answers", "Missing answers"),
            ("transport", "Another population"),
            ("model_selection", "Best of several LLMs"),
            ("passport", "Evidence passport"),
            ("reports", "Reports"),
        ),
    ),
    (
        "Plan and judge",
        (
            ("designs", "Designs"),
            ("diagnostics", "Diagnostics"),
            ("track_records", "Track records"),
            ("screenings", "Screenings"),
        ),
    ),
    (
        "Look up",
        (("methods", "Methods"), ("problems", "Errors and warnings"), ("fields", "Fields"), ("api", "API reference")),
    ),
    (
        "Evidence",
        (
            ("coverage", "Coverage"),
            ("estimand_coverage", "Coverage by estimand"),
            ("departures", "Where intervals fail"),
            ("benchmarks", "Benchmarks"),
        ),
    ),
    (
        "Operate",
        (
            ("gateway", "The gateway"),
            ("deployment", "Deployment"),
            ("kubernetes", "Kubernetes"),
            ("settings", "Settings"),
            ("observability", "Observability"),
            ("capacity", "Capacity"),
            ("security", "Security, privacy"),
        ),
    ),
    (
        "Project",
        (
            ("readme", "README"),
            ("changelog", "Changelog"),
            ("architecture", "Architecture"),
            ("decisions", "Decisions"),
            ("contributing", "Contributing"),
        ),
    ),
)
_OTHER = "More"


@dataclass(frozen=True, slots=True)
class Link:
    """A page by its path below /docs, its label and its address."""

    page: str
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the pages below it."""

    title: str
    links: tuple[Link, ...]


def sections(there: Collection[str]) -> tuple[Section, ...]:
    """The pages that are there, in order; those that nobody has placed come last."""
    known = {page for _, listed in _SECTIONS for page, _ in listed}
    rest = tuple((page, page.replace("_", " ")) for page in sorted(there) if page not in known and "/" not in page)
    found = (
        Section(title, tuple(Link(page, label, at(page)) for page, label in listed if page in there))
        for title, listed in (*_SECTIONS, (_OTHER, rest))
    )
    return tuple(section for section in found if section.links)


def neighbours(order: tuple[Section, ...], page: str) -> tuple[Link | None, Link | None]:
    """What comes before and after a page; nothing where the page is not in the contents."""
    links = [link for section in order for link in section.links if link.address != f"{ROOT}/api"]
    place = next((i for i, link in enumerate(links) if link.page == page), None)
    if place is None:
        return None, None
    return (links[place - 1] if place else None), (links[place + 1] if place + 1 < len(links) else None)


def current(page: str) -> str:
    """The entry of the contents that a page belongs to."""
    return page.partition("/")[0]
