from __future__ import annotations

from service.api.site.navigation import current, neighbours, sections


def test_only_pages_that_are_there_are_listed_in_order():
    found = sections({"designs", "index", "concepts", "api"})
    assert [(s.title, [link.page for link in s.links]) for s in found] == [
        ("Start", ["index"]),
        ("Understand", ["concepts"]),
        ("Plan and judge", ["designs"]),
        ("Look up", ["api"]),
    ]
    assert found[0].links[0].address == "/docs"


def test_a_page_that_nobody_placed_comes_last_and_pages_of_sections_are_not_listed():
    found = sections({"index", "new_page", "decisions/0001-a"})
    assert [(s.title, [link.label for link in s.links]) for s in found] == [
        ("Start", ["Contents"]),
        ("More", ["new page"]),
    ]


def test_neighbours_follow_the_contents_and_leave_the_reference_out():
    order = sections({"index", "concepts", "problems", "api", "coverage"})
    pages = lambda page: tuple(link and link.page for link in neighbours(order, page))
    assert pages("index") == (None, "concepts")
    assert pages("problems") == ("concepts", "coverage")
    assert pages("coverage") == ("problems", None)
    assert pages("problems/few_humans") == (None, None)


def test_a_page_of_a_section_belongs_to_its_entry():
    assert current("methods/estimators") == "methods"
    assert current("designs") == "designs"
