"""The registry: for every path what its page says and what its figure shows. matplotlib comes with this module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from service.api.render.figures import card, forest, frontier, hypotheses, record, svg
from service.api.render.figures import validation as looked_at
from service.api.render.figures.drawing import Sheet, drawn
from service.api.render.report import calibration, design, diagnosis, html, screening, track_record, validation
from service.api.render.report.blocks import Page

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """How an answer is written for people: its page, its figure in words, and its figure, embedded in a page or not."""

    page: Callable[[Answer], Page]
    words: Callable[[Answer], svg.Words]
    sheet: Callable[..., Sheet]


REPORTS: Mapping[str, Report] = {
    "calibrations": Report(calibration.page, forest.words, forest.sheet),
    "designs": Report(design.page, frontier.words, frontier.sheet),
    "diagnostics": Report(diagnosis.page, card.words, card.sheet),
    "track-records": Report(track_record.page, record.words, record.sheet),
    "screenings": Report(screening.page, hypotheses.words, hypotheses.sheet),
    "validation": Report(validation.page, looked_at.words, looked_at.sheet),
}


def to_html(report: str, body: bytes) -> bytes:
    """The page of a JSON answer."""
    told, answer = REPORTS[report], msgspec.json.decode(body)
    page = told.page(answer)
    return html.document(page, svg.on_page(_figure(told, answer, embedded=True)) if page.figure_caption else "")


def to_svg(report: str, body: bytes) -> bytes:
    """The figure of a JSON answer."""
    return svg.document(_figure(REPORTS[report], msgspec.json.decode(body), embedded=False))


def _figure(told: Report, answer: Answer, *, embedded: bool) -> str:
    raw = drawn(lambda: told.sheet(answer, embedded=embedded))
    return svg.finished(raw, told.words(answer))
