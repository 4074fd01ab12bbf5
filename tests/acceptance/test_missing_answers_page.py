"""docs/missing_answers.md: its example gives the numbers that stand under it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.acceptance.test_studies import post

PAGE = (Path(__file__).parents[2] / "docs/missing_answers.md").read_text()
EXAMPLE = json.loads(re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)[0])


def row(what: str, found: dict) -> str:
    at = found.get("interval", found)
    middle = f"{found['estimate']:.3f}" if "estimate" in found else f"{found['lower']:.3f} to {found['upper']:.3f}"
    return f"| {what} | {middle} | {at['lower']:.3f} to {at['upper']:.3f} |"


def rows(answer: dict) -> list[str]:
    (estimate,) = answer["missing_answers"]["estimates"]
    return [
        row("missing at random", answer["estimates"][0]),
        row("complete cases", estimate["complete_case"]),
        row("`delta_bounds`, up to 1 away", estimate["delta_bounds"]),
        row("`worst_case`, 1 to 7", estimate["worst_case"]),
        f"| `tipping_delta` to 3 | {estimate['tipping_delta']:.3f} | {estimate['tipping_delta_interval']:.3f} |",
    ]


def test_the_page_shows_the_answer(server) -> None:
    answer = post(server, "/v1/calibrations", EXAMPLE)
    assert answer["arms"][0]["n_human"] == 16
    for line in rows(answer):
        assert line in PAGE.splitlines()
