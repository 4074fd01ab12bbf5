from __future__ import annotations

from itertools import permutations

from service.gateway.elicitation import question_text, schema_of
from service.gateway.providers.protocol import Question
from service.gateway.worded import Wordings
from tests.gateway.studies import CHOICE, LIKERT, study

ITEMS = study(items=[LIKERT, CHOICE]).items
SHOWN = tuple(Question(item, item.options) for item in ITEMS)


def test_one_question_stands_by_itself_and_several_are_numbered() -> None:
    wordings = Wordings("sample")
    alone, both = wordings.of(SHOWN[:1]), wordings.of(SHOWN)
    assert alone == (question_text(SHOWN[0], "sample", None), schema_of(SHOWN[:1], "sample"))
    assert both.text == "\n\n".join(question_text(q, "sample", k) for k, q in enumerate(SHOWN, 1))
    assert both.schema == schema_of(SHOWN, "sample")
    assert Wordings("decision").of(SHOWN).schema is None


def test_what_was_worded_is_kept_by_its_order() -> None:
    wordings = Wordings("sample")
    turned = (Question(ITEMS[1], ITEMS[1].options[::-1]),)
    assert wordings.of(SHOWN[1:]) is wordings.of(SHOWN[1:])
    assert wordings.of(turned) is not wordings.of(SHOWN[1:])
    assert wordings.of(turned).text != wordings.of(SHOWN[1:]).text


def test_what_is_kept_does_not_grow_with_the_orders() -> None:
    wordings, sizes = Wordings("sample", 10_000), set()
    for order in permutations(ITEMS[1].options):
        wordings.of((Question(ITEMS[1], order),))
        sizes.add(wordings.size)
    assert 0 < max(sizes) <= 10_000
    assert len(sizes) < 6  # it was full, and began again
    small = Wordings("sample", 10)
    assert small.of(SHOWN) == small.of(SHOWN)
    assert small.size == 0
