"""A page as HTML: one file, no script, nothing from outside; all that is written into it is escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import BaseLoader, Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from service.api.render.report.blocks import Cell, Page
from service.api.render.words import clean, spoken

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_TOLD = 10  # places, and different messages, of a warning


def document(page: Page, figure: str) -> bytes:
    """The bytes of a page with its figure, an ``svg`` element."""
    template, style = _template()
    drawing = Markup(figure)  # noqa: S704 - drawn by us, its texts escaped there
    return template.render(page=page, figure=drawing, style=style, policy=POLICY, told=_TOLD).encode()


@cache
def _template() -> tuple[Template, Markup]:
    """The template and its style, read once."""
    folder = files("service.api.render.report").joinpath("templates")
    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True, finalize=_shown
    )
    environment.filters |= {"spoken": spoken, "written": _written}
    style = Markup(folder.joinpath("style.css").read_text(encoding="utf-8").strip())  # noqa: S704 - a file of ours
    return environment.from_string(folder.joinpath("page.html").read_text(encoding="utf-8")), style


def _written(cell: Cell) -> Markup:
    """A cell by what it is; in Python, for a table may have thousands."""
    if cell.parts:
        return Markup().join(map(_written, cell.parts))
    text: str = escape(clean(cell.text))
    if cell.kind == "name":
        text = f"<bdi>{text}</bdi>"
    elif cell.kind == "status":
        text = f'<span class="status {escape(cell.status)}">{text}</span>'
    elif cell.exact:
        text = f'<data value="{escape(cell.exact)}">{text}</data>'
    return Markup(text)  # noqa: S704 - escaped above


def _shown(value: object) -> object:
    """What is written where a template names a value."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
