from __future__ import annotations

from collections import Counter

import pytest

from service.gateway.propensity import DECLINES, Subject, probabilities
from service.gateway.providers.protocol import Question
from service.gateway.simulated_answers import OFF_OPTION, SENTENCES, drawn, stated
from service.gateway.study import DECLINED, Item, Option

TIMES = 2000
SCALE = tuple(Option(k, f"level {k}") for k in range(1, 6))


def draws(item, times=TIMES, temperature=1.0, off=0.0, **changed):
    question = Question(item, item.offered)
    who = {"model": "m", "persona": "p", "arm": "a", **changed}
    return [drawn(Subject(draw=str(k), **who), question, temperature, off) for k in range(times)]


def test_drawn_codes_have_the_probabilities():
    item = Item("q", "likert", "?", SCALE)
    counts = Counter(draws(item))
    wanted = probabilities(Subject("m", "p", "a", ""), "q", "likert", (1, 2, 3, 4, 5))
    for code, share in zip(range(1, 6), wanted, strict=True):
        assert counts[code] / TIMES == pytest.approx(share, abs=0.04)


def test_cold_is_the_most_probable_and_warm_is_flatter():
    item = Item("q", "choice", "?", SCALE)
    wanted = probabilities(Subject("m", "p", "a", ""), "q", "choice", (1, 2, 3, 4, 5))
    best = 1 + wanted.index(max(wanted))
    assert set(draws(item, 50, temperature=0.0)) == {best}
    warm, cool = (Counter(draws(item, temperature=t))[best] for t in (2.0, 0.5))
    assert warm < Counter(draws(item))[best] < cool


@pytest.mark.parametrize(
    ("low", "high", "integer", "inside"),
    [
        (0, 40, False, (0, 40)),
        (1, 7, True, (1, 7)),
        (None, 5, False, (-95, 5)),
        (2, None, True, (2, 102)),
        (None, None, False, (0, 100)),
    ],
)
def test_numbers_stay_within_their_bounds(low, high, integer, inside):
    found = draws(Item("q", "numeric", "?", low=low, high=high, integer=integer), 300)
    assert inside[0] <= min(found) < max(found) <= inside[1]
    assert len(set(found)) > 3
    assert all(isinstance(value, int) for value in found) == integer


def test_several_and_rankings_are_of_the_options_and_vary():
    several = draws(Item("q", "multi_select", "?", SCALE), 200)
    assert all(set(chosen) <= {1, 2, 3, 4, 5} and len(set(chosen)) == len(chosen) for chosen in several)
    assert len({tuple(chosen) for chosen in several}) > 5
    rankings = draws(Item("q", "ranking", "?", SCALE), 200)
    assert all(sorted(ranking) == [1, 2, 3, 4, 5] for ranking in rankings)
    assert len({tuple(ranking) for ranking in rankings}) > 20


def test_free_texts_are_sentences_that_follow_the_position():
    item = Item("q", "free_text", "?")
    assert set(draws(item, 5, bias=9.0)) == {SENTENCES[-1]}
    assert set(draws(item, 5, bias=-9.0)) == {SENTENCES[0]}
    assert set(draws(item, 5, bias=1e6)) == {SENTENCES[-1]}


@pytest.mark.parametrize("kind", ["choice", "likert", "numeric", "multi_select", "ranking", "free_text"])
def test_declining_by_option(kind):
    item = Item("q", kind, "?", () if kind in {"numeric", "free_text"} else SCALE, decline="option")
    declined = [DECLINED] if kind in {"multi_select", "ranking"} else DECLINED
    assert draws(item).count(declined) / TIMES == pytest.approx(DECLINES, abs=0.02)


@pytest.mark.parametrize("kind", ["likert", "numeric", "free_text"])
def test_declining_by_the_schema(kind):
    item = Item("q", kind, "?", SCALE if kind == "likert" else (), decline="schema")
    assert draws(item).count(None) / TIMES == pytest.approx(DECLINES, abs=0.02)


def test_off_the_options():
    assert set(draws(Item("q", "choice", "?", SCALE), 20, off=1.0)) == {OFF_OPTION}
    assert draws(Item("q", "ranking", "?", SCALE), 1, off=1.0) == [[OFF_OPTION]]
    assert draws(Item("q", "numeric", "?", high=40), 1, off=1.0) == [41]
    assert draws(Item("q", "numeric", "?"), 1, off=1.0) == [10001]
    assert draws(Item("q", "free_text", "?"), 1, off=1.0)[0] in SENTENCES


def test_stated_probabilities_are_by_code_and_add_up():
    question = Question(Item("q", "likert", "?", SCALE), SCALE[::-1])
    found = stated(Subject("m", "p", "a", "d"), question)
    assert list(found) == ["5", "4", "3", "2", "1"]
    assert sum(found.values()) == pytest.approx(1, abs=0.001)
    declining = Question(Item("q", "likert", "?", SCALE, decline="schema"), SCALE)
    nulls = [stated(Subject("m", "p", "a", str(k)), declining) for k in range(TIMES)].count(None)
    assert nulls / TIMES == pytest.approx(DECLINES, abs=0.02)
