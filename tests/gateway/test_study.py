from __future__ import annotations

from service.gateway.study import DECLINED, Item, Option

OPTIONS = (Option(1, "No"), Option(2, "Yes"))


def test_declining_is_offered_last_and_only_as_an_option() -> None:
    assert Item("q", "choice", "?", OPTIONS).offered == OPTIONS
    assert Item("q", "choice", "?", OPTIONS, decline="schema").offered == OPTIONS
    assert [o.code for o in Item("q", "choice", "?", OPTIONS, decline="option").offered] == [1, 2, DECLINED]
