from __future__ import annotations

import pytest

from service.gateway.parsing import mended


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("```\nYes\n```", "Yes"),
        ('```json\n{"q": 1}\n```\n', '{"q": 1}'),
        ("```json \n{}```", "{}"),
        ("Answer: Yes", "Yes"),
        ("ANSWER:Yes", "Yes"),
        ('"Yes"', "Yes"),
        ("'Yes'", "Yes"),
        ("`Yes`", "Yes"),
        ("“Yes”", "Yes"),
        ("‘Yes’", "Yes"),
        (' "Yes" ', "Yes"),
        ('```\nAnswer: "Yes"\n```', "Yes"),
        ("Answer: Answer: Yes", "Answer: Yes"),
        ("\"'Yes'\"", "'Yes'"),
    ],
)
def test_what_is_taken_off(text, left):
    assert mended(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Yes",
        "",
        '"',
        '""',
        "```Yes```",
        "```",
        "```\nYes",
        "```\nYes\n``` indeed",
        "```not a language\nYes\n```",
        '"Yes',
        '“Yes"',
        "The answer: Yes",
        "Answer Yes",
        "**Yes**",
        "(Yes)",
    ],
)
def test_what_is_left_alone(text):
    assert mended(text) is None


def test_long_runs_cost_little():
    assert mended("```\n" + " " * 200_000) is None
