from __future__ import annotations

from argparse import Namespace

import pytest

from service.api.commands import drawn
from service.api.commands.usage import UsageError


def chosen(output: str | None = None, **files: str | None) -> Namespace:
    return Namespace(**{"output": output, "report": None, "figure": None} | files)


def test_nothing_is_refused_where_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(drawn, "find_spec", lambda name: None)
    drawn.refuse_undrawable(chosen())
    drawn.write_drawn(chosen(), {}, b"", str)


def test_what_cannot_be_drawn_is_refused_before_the_work(monkeypatch):
    with pytest.raises(UsageError, match="--request asks for none"):
        drawn.refuse_undrawable(chosen("request", figure="f.svg"))
    monkeypatch.setattr(drawn, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="extra reports"):
        drawn.refuse_undrawable(chosen(report="r.html"))
