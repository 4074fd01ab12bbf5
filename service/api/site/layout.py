"""Pages from templates: what surrounds every page, and the pages that are made of cards and of the catalogue."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from service.api.site.markdown import Follow, files_linked

if TYPE_CHECKING:
    from jinja2 import Environment

_ARXIV = re.compile(r"\b(?:arXiv )?(\d{4}\.\d{4,5})\b")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("service.api.site")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def rendered(template: str, **values: Any) -> str:  # noqa: ANN401 - a template takes anything
    """The HTML that a template of this package makes of these values."""
    return _environment().get_template(template).render(values)


def linked(text: str, named: Follow) -> str:
    """A fact's plain text as HTML: files of the site and arXiv numbers are links."""
    return _ARXIV.sub(r'<a href="https://arxiv.org/abs/\1">\g<0></a>', files_linked(text, named))
