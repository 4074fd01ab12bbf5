from __future__ import annotations

import io

from service.api.commands.shown.parts import ending, facts, styled, warned
from service.api.commands.terminal import show

WARNING = {"code": "few_humans", "message": "only 8", "pointer": "/data"}


def text(parts) -> str:
    out = io.StringIO()
    show(list(parts), out)
    return out.getvalue()


def test_a_warning_says_what_to_do():
    said = text(warned([WARNING, WARNING | {"pointer": "", "code": "not_in_the_catalogue"}]))
    assert "few_humans (/data): only 8\n    -> " in said
    assert said.endswith("not_in_the_catalogue: only 8\n")
    assert text(warned([])) == ""


def test_many_warnings_of_a_kind_are_counted_and_say_once_what_to_do():
    said = text(warned([WARNING] * 5))
    assert said.count("only 8") == 3
    assert said.count("-> ") == 1
    assert "few_humans: 2 more, in --json" in said


def test_the_end_has_what_the_answer_has():
    assumption = {"name": "n", "status": "rejected", "p_value": 0.01, "statement": "s"}
    said = text(ending({"assumptions": [assumption], "warnings": [], "report": "", "passport": {"report": "R."}}))
    assert "Assumptions" in said
    assert "0.010" in said
    assert said.endswith("For your methods section\n  R.\n")
    assert text(ending({"warnings": [], "passport": {"report": ""}})) == ""


def test_words_have_their_colour_and_facts_their_names():
    assert styled("rejected").style == "bold red"
    assert styled("anything").style == ""
    assert text([facts([("cost", "3")])]) == "cost  3\n"
