from __future__ import annotations

from service.api.parts import cards
from service.api.render.methods import table
from service.calibration.card import Card


def test_one_line_per_card_in_registry_order():
    lines = table(cards()).splitlines()
    names = [card.name for group in cards().values() for card in group]
    assert [line.split("|")[2].strip(" `") for line in lines[2:]] == names
    assert all(line.count("|") == 6 for line in lines)


def test_a_line_holds_the_facts_of_its_card():
    card = Card("x", "Title", "formula", ("a",), ("limit one", "limit two"), ("source",))
    shown = table({"estimators": [card]}).splitlines()[-1]
    assert shown == "| estimator | `x` | Title: formula | limit one; limit two | source |"
