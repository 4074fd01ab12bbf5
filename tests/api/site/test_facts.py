from __future__ import annotations

from service.api.catalogue import CATALOGUE
from service.api.parts import cards
from service.api.site.facts import (
    KINDS,
    found_html,
    kind_html,
    kinds_html,
    nowhere_html,
    passages_of_facts,
    problem_html,
    problems_html,
    records_html,
)
from service.api.site.library import open_library
from service.api.site.markdown import Heading
from service.api.site.mentions import Mention
from service.api.site.passages import Passage
from service.api.site.search import MOST_FOUND, Found
from service.calibration.card import Card

CARD = Card("name_of_it", "Title & more", "y < x", ("first", "second"), (), ("arXiv 2301.09633",))


def nowhere(_name: str) -> None:
    return None


def test_every_kind_of_card_has_a_title():
    assert set(cards()) == set(KINDS)


def test_a_card_says_everything_it_knows():
    page = kind_html("things_done", [CARD], nowhere)
    assert page.title == "Things done"
    assert page.headings == (Heading(2, "name_of_it", "name_of_it"),)
    for part in ('id="name_of_it"', "Title &amp; more", "y &lt; x", "<dd>first</dd><dd>second</dd>", "/abs/2301.09633"):
        assert part in page.html
    assert "Limits" not in page.html


def test_methods_are_listed_by_kind():
    page = kinds_html({"estimators": [CARD]})
    assert page.headings == (Heading(2, "estimators", "Estimators"),)
    assert '<a href="/docs/methods/estimators#name_of_it"><code>name_of_it</code></a> Title &amp; more' in page.html
    assert "<code>estimator</code> in a plan" in page.html


def test_codes_are_listed_by_status_warnings_first():
    page = problems_html(CATALOGUE)
    assert [heading.text for heading in page.headings][:2] == ["Warnings", "400 Bad Request"]
    assert all(f'href="/docs/problems/{code}"' in page.html for code in CATALOGUE)


def test_a_code_says_what_it_means_what_to_do_and_where_to_read_on():
    told = {"few_humans": [Mention("/docs/x#y", "A page", "Its section"), Mention("/docs/z", "Another", "")]}
    page = problem_html(CATALOGUE["few_humans"], told, nowhere)
    assert page.title == "few_humans: Few human answers"
    assert "Warning" in page.html
    assert CATALOGUE["few_humans"].action in page.html
    assert '<a href="/docs/x#y">A page: Its section</a>' in page.html
    assert '<a href="/docs/z">Another</a>' in page.html
    refusal = problem_html(CATALOGUE["r_na_string"], {}, nowhere)
    assert "Error, 422" in refusal.html
    assert "written about" not in refusal.html


def test_decisions_are_listed_with_their_titles():
    page = records_html(open_library())
    assert "/docs/decisions/0001-influence-values" in page.html
    assert "`" not in page.html


def test_codes_and_cards_can_be_searched():
    code, card = passages_of_facts({"estimators": [CARD]}, {"few_humans": CATALOGUE["few_humans"]})
    assert (code.address, code.page) == ("/docs/problems/few_humans", "few_humans")
    assert CATALOGUE["few_humans"].action in code.text
    assert (card.address, card.section) == ("/docs/methods/estimators#name_of_it", "Estimators: Title & more")
    assert card.text == "y < x; first; second; arXiv 2301.09633"


def test_what_was_found_is_listed_and_escaped():
    page = found_html("<i>", [Found(Passage("/docs/a#b", "A", "B & C", ""), "x < y")])
    assert page.title == "Search: <i>"
    for part in ("1 passage has", "<strong>&lt;i&gt;</strong>", '<a href="/docs/a#b">A: B &amp; C</a>', "x &lt; y"):
        assert part in page.html
    assert "The first" not in page.html
    assert "The first 30" in found_html("x", [Found(Passage("/docs/a", "A", "", ""), "")] * MOST_FOUND).html
    assert "Nothing has" in found_html("x", []).html
    assert "Nothing has" not in found_html("", []).html


def test_where_there_is_no_page_others_are_named():
    assert '<a href="/docs/problems">' in nowhere_html().html
