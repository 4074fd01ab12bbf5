from __future__ import annotations

from service.api.render.figures import allocation
from service.api.render.figures.notes import Notes
from tests.api.render.answering import AWKWARD, QUESTIONS, design
from tests.api.render.drawings import inside, of, texts


def test_every_question_is_drawn_beside_even_money() -> None:
    whole = design(QUESTIONS)
    root = of(allocation.sheet(whole["questions"], Notes(whole, embedded=False)))
    assert {"trust", "vote", "With the same money for each question"} <= set(texts(root))
    assert inside(root)
    assert allocation.words(whole["questions"]).lines[0].startswith("trust: ")


def test_any_name_and_no_even_money() -> None:
    whole = design(QUESTIONS)["questions"]
    one = whole["questions"][0] | {"standard_error_even": None, "share": None}
    whole["questions"] = [one | {"name": name} for name in AWKWARD * 20]
    notes = Notes({"warnings": []}, embedded=True)
    root = of(allocation.sheet(whole, notes))
    assert inside(root)
    assert texts(root).count(AWKWARD[0]) == 20
