from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from service.api.site.layout import linked, rendered


def test_values_are_escaped():
    assert '<a href="/a&amp;b">&lt;i&gt;</a>' in rendered("records.html", records=[("/a&b", "<i>")])


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError):
        rendered("records.html")


def test_files_and_arxiv_numbers_are_links():
    named = {"docs/designs.md": "/docs/designs"}.get
    assert linked("x < y, docs/designs.md", named) == 'x &lt; y, <a href="/docs/designs">docs/designs.md</a>'
    assert linked("arXiv 2301.09633", named) == '<a href="https://arxiv.org/abs/2301.09633">arXiv 2301.09633</a>'
    assert linked("JASA 89:846-866", named) == "JASA 89:846-866"
