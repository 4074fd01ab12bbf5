"""A page as HTML: one file, no script, nothing from outside; all that is written into it is escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import BaseLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from service.api.render.report.blocks import Page
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
    environment.filters["spoken"] = spoken
    style = Markup(folder.joinpath("style.css").read_text(encoding="utf-8").strip())  # noqa: S704 - a file of ours
    return environment.from_string(folder.joinpath("page.html").read_text(encoding="utf-8")), style


def _shown(value: object) -> object:
    """What is written where a template names a value."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
