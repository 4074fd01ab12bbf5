"""What a page may show of what was printed: the comparison that test_docs_code.py rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.doc_blocks import blocks, is_part, shows
from tests.acceptance.doc_reader import decimals
from tests.acceptance.test_docs_code import BLOCKS, NOT_RUN, accounted

PRINTED = "worth 133.2242649927996 of 60\nSE 0.0892, p000\n  ok: True\nlast 5\n"


@pytest.mark.parametrize(
    "shown",
    [
        PRINTED,
        "worth 133.22 of 60\nSE 0.0892, p000\n  ok: True\nlast 5",
        "worth 133.2 of 60\n...\nlast 5",
        "...\n  ok: True\n...",
        "worth 133.22426499280 of 60\n...\n",
        "...\nSE 0.089, p000\n...\nlast 5",
    ],
)
def test_what_is_shown(shown: str) -> None:
    assert shows(shown, PRINTED)


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "worth 133.23 of 60\nSE 0.0892, p000\n  ok: True\nlast 5",
        "worth 133 of 60\nSE 0.0892, p000\n  ok: True\nlast 5",
        "worth 133.22 of 61\nSE 0.0892, p000\n  ok: True\nlast 5",
        "worth 133.22 of 60\nSE 0.0892, p001\n  ok: True\nlast 5",
        "worth 133.22 of 60\nSE 0.0892, p000\nok: True\nlast 5",
        "worth 133.22 of 60\nSE 0.0892, p000\n  ok: True",
        "worth 133.22 of 60\nSE 0.0892, p000\n  ok: True\nlast 5\nmore",
        "...\n  ok: False\n...",
        "last 5\n...\nworth 133.22 of 60",
        "worth 133.2242659927996 of 60\n...",
    ],
)
def test_what_is_not_shown(shown: str) -> None:
    assert not shows(shown, PRINTED)


def test_a_part_of_an_answer_is_shown_to_its_digits() -> None:
    answer = decimals('{"a": {"b": 0.50732, "c": null}, "d": [1, 2.25], "e": "x"}')
    for shown in ('{"a": {"b": 0.507}}', '{"d": [1, 2.3]}', '{"a": {"c": null}, "e": "x"}', "{}"):
        assert is_part(decimals(shown), answer), shown
    for wrong in (
        '{"a": {"b": 0.508}}',
        '{"d": [1]}',
        '{"d": [2, 2.25]}',
        '{"e": "y"}',
        '{"f": null}',
        '{"a": {"c": 0.0}}',
    ):
        assert not is_part(decimals(wrong), answer), wrong


def test_a_block_of_another_kind_is_not_accounted_for(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```\nshown\n```\n```sh\nls\n```\n```\nx\n```\n```perl\ndie\n```\n  ```json\n  {}\n  ```\n")
    found = blocks(page, "page.md")
    assert [(b.line, b.language, b.text) for b in found][-2:] == [(10, "perl", "die"), (13, "json", "{}")]
    assert [accounted(b, found[:at]) for at, b in enumerate(found)] == [False, True, True, False, True]


def test_every_fence_is_read() -> None:
    """As many blocks as lines that open one."""
    fences = sum(Path(page).read_text().count("```") for page in BLOCKS)
    assert fences == 2 * sum(map(len, BLOCKS.values()))
    assert all(NOT_RUN.values())
