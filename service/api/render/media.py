"""Answers out: the JSON answer in another media type. What JSON says is what every type says.

Reports (HTML, SVG) take a tenth of a second and the extra ``reports``: they are imported when the first is asked for,
cost work units, and are never made on the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec

import msgspec

from service.api.render.csv_lines import Lines, single_line, table
from service.web.negotiation import acceptable
from service.web.problems import FieldError, ProblemError

JSON = "application/json"
MSGPACK = ("application/vnd.msgpack", "application/msgpack", "application/x-msgpack")
CSV = "text/csv"
HTML, SVG = "text/html", "image/svg+xml"
DRAWN = (HTML, SVG)
EXTRA = "pip install 'rectifier[reports]'"
REPORT_WORK = 3e7
"""Work units of a report: a tenth of a second of one core."""
Renderer = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer becomes one media type, from the bytes of its JSON; one of ``work`` never on the event loop."""

    render: Renderer
    work: float = 0.0


Forms = Mapping[str, Form]


def forms(answer: type, lines: Lines | None, report: str | None = None) -> Forms:
    """The media types of answers of this type, JSON first; ``report`` is the name of their report."""
    found = {JSON: Form(bytes)} | dict.fromkeys(MSGPACK, Form(to_msgpack))
    if lines is not None:
        found[CSV] = Form(lambda body: table(msgspec.json.decode(body), answer, lines))
    return found | _reports(report)


def validation_forms(validation: type, lines: Lines | None, report: str | None = None) -> Forms:
    """The same for the answer of ``?validate_only=true``: as CSV it is one line."""
    found = dict(forms(validation, None))
    if lines is not None:
        found[CSV] = Form(lambda body: single_line(msgspec.json.decode(body), validation))
    return found | _reports(report and "validation")


def chosen(accept: str | None, offered: Forms) -> str:
    """The media type that is accepted and can be given; 406, which names the extra where only reports are accepted."""
    missing = [media_type for media_type in offered if media_type in DRAWN and not drawable()]
    given = tuple(media_type for media_type in offered if media_type not in missing)
    try:
        return acceptable(accept, given)
    except ProblemError as refused:
        if not missing:
            raise
        detail = f"{refused.detail} {', '.join(missing)} need the extra reports of the service."
        raise ProblemError("not_acceptable", detail, [FieldError("", "not_acceptable", detail, EXTRA)]) from None


@cache
def drawable() -> bool:
    """Whether reports can be made here; looked up once, as it takes 0.1 to 0.3 ms."""
    return find_spec("matplotlib") is not None


def to_msgpack(body: bytes) -> bytes:
    """MessagePack of a JSON document, number for number."""
    return msgspec.msgpack.encode(msgspec.json.decode(body))


def _reports(report: str | None) -> dict[str, Form]:
    if not report:
        return {}
    return {HTML: Form(partial(_to_html, report), REPORT_WORK), SVG: Form(partial(_to_svg, report), REPORT_WORK)}


def _to_html(report: str, body: bytes) -> bytes:
    from service.api.render.report.reports import to_html

    return to_html(report, body)


def _to_svg(report: str, body: bytes) -> bytes:
    from service.api.render.report.reports import to_svg

    return to_svg(report, body)
