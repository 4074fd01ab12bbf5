from __future__ import annotations

import pytest

from service.api.site.passages import Passage
from service.api.site.search import MOST_FOUND, MOST_LETTERS, Index

CODE = Passage("/docs/problems/few_humans", "few_humans", "Few human answers", "An arm has fewer than 10 humans.")
LONG = Passage("/docs/b", "Designs", "Costs", "## Costs\nNothing here.\n| `budget` | see [the top](a.md) of it |\n")
TOLD = Passage("/docs/c", "Coverage", "", "few_humans, few_humans, few_humans: Humans and a Budget")
INDEX = Index([LONG, TOLD, CODE])


def addresses(query: str) -> list[str]:
    return [found.passage.address for found in INDEX.found(query)]


def test_every_word_must_be_there_in_capitals_or_not():
    assert addresses("BUDGET humans") == ["/docs/c"]
    assert addresses("budget nowhere") == []


@pytest.mark.parametrize("query", ["", "  ", "`-/", "a" * MOST_LETTERS + " budget"])
def test_no_words_or_none_that_are_there_find_nothing(query):
    assert INDEX.found(query) == []


def test_what_is_called_so_comes_first_then_what_has_it_in_its_heading():
    assert addresses("few_humans") == ["/docs/problems/few_humans", "/docs/c"]
    assert addresses("few humans") == ["/docs/problems/few_humans", "/docs/c"]
    assert addresses("humans") == ["/docs/problems/few_humans", "/docs/c"]
    assert addresses("costs") == ["/docs/b"]


def test_a_line_with_the_words_is_shown_as_words():
    assert [found.excerpt for found in INDEX.found("budget top")] == ["budget see the top of it"]


def test_a_long_line_is_cut_around_the_first_word():
    found = Index([Passage("/docs/d", "D", "", "before " * 99 + "needle " + "after " * 99)]).found("needle")
    assert found[0].excerpt.startswith("... ")
    assert found[0].excerpt.endswith(" ...")
    assert "needle" in found[0].excerpt
    assert len(found[0].excerpt) < 240


def test_a_passage_without_lines_is_found_by_its_heading():
    assert Index([Passage("/docs/e", "Empty", "", "")]).found("empty")[0].excerpt == ""


def test_no_more_are_told_than_can_be_read():
    assert len(Index([TOLD] * 99).found("budget")) == MOST_FOUND
