from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.gateway.parsing import Reading, bare, exact, normalised
from service.gateway.parsing.exact import option_named, within
from service.gateway.study import Item, Option
from tests.gateway.elicitation.asked import item

AGREE = item("likert", [(1, "Disagree"), (2, "Neither"), (3, "Agree")])
NAMES = {normalised(str(name)): o.code for o in AGREE.options for name in (o.code, o.label)}
BLANKS = st.text(" \t\n\r\u00a0\u2003", max_size=3)


def test_normalisation_and_no_more():
    assert normalised(" E\u0301TE\u0301. ") == "été"
    assert normalised("Straße") == normalised("STRASSE")
    assert normalised("Yes..") == "yes."
    assert normalised("Yes .") == "yes "
    assert normalised("it’s") != normalised("it's")


@given(st.text())
def test_a_text_is_an_answer_when_the_whole_of_it_is_one(text):
    wanted = NAMES.get(normalised(text))
    assert bare(AGREE, text).value == wanted
    assert (bare(AGREE, text).missing is None) is (wanted is not None)


@given(st.sampled_from(sorted(NAMES)), BLANKS, BLANKS, st.booleans(), st.randoms(use_true_random=False))
def test_case_blanks_and_one_full_stop_do_not_matter(name, before, after, stop, random):
    written = "".join(random.choice((c.upper(), c.lower())) for c in name)
    assert bare(AGREE, f"{before}{written}{'.' * stop}{after}") == Reading(NAMES[name])


@given(st.text(), st.sampled_from(sorted(NAMES)), st.text())
def test_an_option_inside_a_sentence_is_no_answer(before, name, after):
    text = f"{before}{name}{after}"
    assume(normalised(text) not in NAMES)
    assert bare(AGREE, text).value is None
    assert bare(AGREE, text).missing in {"not_an_option", "unparseable", "refused"}


@given(st.text(min_size=1).filter(str.strip), st.sampled_from(["I think ", "not ", "Option ", "**"]))
def test_sentences_around_any_label_are_no_answer(label, opening):
    asked = Item("q", "choice", "?", (Option("c1", label), Option("c2", "other one")))
    assume(normalised(label))
    assert bare(asked, label).value == "c1"
    assert bare(asked, opening + label).value is None


def test_two_options_of_one_name_are_not_told_apart_by_guessing():
    shifted = item("likert", [(1, "0"), (2, "1"), (3, "2")])
    assert bare(shifted, "0") == Reading(1)
    assert bare(shifted, "3") == Reading(3)
    assert bare(shifted, "1").missing == bare(shifted, "2").missing == "unparseable"
    alike = item("choice", [("a", "Same"), ("b", "Same")])
    assert bare(alike, "same").missing == "unparseable"
    assert bare(alike, "b") == Reading("b")


@given(st.text(min_size=1), st.sampled_from(["NFC", "NFD", "NFKD"]), st.sampled_from([str.upper, str.title, str]))
def test_a_name_in_any_spelling_is_short_enough_to_be_read(label, form, case):
    written = normalize(form, case(label))
    assume(normalised(written) == normalised(label) != "")
    stop = "" if written.strip().endswith(".") else "."
    asked = item("choice", [("c1", label), ("c2", "another")])
    assert bare(asked, f" {written.strip()}{stop} ").missing in {None, "unparseable"}  # unparseable: both options


@pytest.mark.parametrize(("type_", "reason"), [("choice", "not_an_option"), ("numeric", "unparseable")])
def test_a_text_longer_than_any_name_is_not_normalised(type_, reason, monkeypatch):
    asked = item(type_, () if type_ == "numeric" else ["a", "b"])
    assert bare(asked, "a" + "\u0301\u0327").missing == reason
    monkeypatch.setattr(exact, "normalised", None)
    assert bare(asked, "a" + "\u0301\u0327" * 1000).missing == reason


def test_options_without_a_name_cannot_be_meant():
    nameless = item("choice", [("", " "), (".", "..")])
    assert option_named(nameless, "") is None
    assert bare(nameless, ".").value is None
    assert bare(nameless, "..").value == "."
    assert bare(nameless, "...").missing == "not_an_option"


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5.0), ("-5", -5.0), ("5.25", 5.25), (" 5. ", 5.0), ("5.0.", 5.0), ("00", 0.0), ("1" * 40, float("1" * 40))],
)
def test_plain_numbers(text, number):
    read = bare(item("numeric"), text)
    assert read == Reading(number)
    assert isinstance(read.value, float)


@pytest.mark.parametrize(
    "text",
    ["+5", "5e3", ".5", "5 .", "--5", "5,0", "1" * 41, "0." + "1" * 41, "٥", "５", "5\n6", "five", "{", "nan", "inf"],
)
def test_other_numbers(text):
    assert bare(item("numeric"), text) == Reading(missing="unparseable")


def test_whole_numbers():
    whole = item("numeric", integer=True)
    assert [type(bare(whole, text).value) for text in ("5", "5.0", "-0")] == [int, int, int]
    largest = 2**53 - 1
    assert bare(whole, str(largest)).value == largest
    assert bare(whole, str(2**53)).missing == "out_of_range"
    assert bare(whole, f"-{2**53 + 1}").missing == "out_of_range"
    assert bare(whole, "5.5").missing == "out_of_range"


def test_ranges_hold_their_ends():
    bounded = item("numeric", low=-1.5, high=2.0)
    assert [within(bounded, n).missing for n in (-1.5, 2, -1.51, 2.01)] == [None, None, "out_of_range", "out_of_range"]
    for number in (float("inf"), float("-inf"), float("nan"), 10**400):
        assert within(item("numeric"), number).missing == "out_of_range"
        assert within(item("numeric", integer=True), number).missing == "out_of_range"
    assert str(within(bounded, -0.0).value) == "0.0"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30))
def test_any_number_written_plainly_is_read(number):
    text = f"{number:.20f}"
    assert bare(item("numeric"), text).value == float(text)
    assert bare(item("numeric"), f"{text} people").missing == "unparseable"
    assert bare(item("numeric"), f"about {text}").missing == "unparseable"


def test_several_options_and_rankings_from_a_bare_name():
    assert bare(item("multi_select", ["a", "b"]), "B.") == Reading(("b",))
    assert bare(item("ranking", ["a", "b"]), "b") == Reading(missing="unparseable")
    assert bare(item("ranking", ["a"]), "a") == Reading(("a",))
    for type_ in ("multi_select", "ranking", "choice"):
        assert bare(item(type_, ["a", "b"], decline="option"), "don't know") == Reading("declined")
    assert bare(item("multi_select", ["declined", "b"]), "declined") == Reading(("declined",))


def test_free_text_is_not_judged():
    assert bare(item("free_text"), " I cannot answer that. ") == Reading("I cannot answer that.")
    assert bare(item("free_text"), "Don't know") == Reading("Don't know")
    assert bare(item("free_text", decline="option"), "Don't know") == Reading("declined")
    assert bare(item("numeric", decline="option"), "Don't know") == Reading("declined")


@pytest.mark.parametrize("type_", ["choice", "likert", "numeric", "multi_select", "free_text", "ranking"])
def test_blank_is_empty(type_):
    assert bare(item(type_, ["a", "b"] if type_ not in {"numeric", "free_text"} else ()), " \n").missing == "empty"
