from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import inspect

from service.web import mismatch
from service.web.mismatch import Expected


def kinds(annotation: object) -> tuple[inspect.Type, ...]:
    kind = inspect.type_info(annotation)
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


@pytest.mark.parametrize("text", ["NA", "n/a", "NaN", "null", "None", "", " ", ".", "#N/A", "-Inf", "missing"])
def test_the_words_for_missing_are_known(text: str) -> None:
    assert mismatch.explain(Expected(kinds(float), in_list=True), text, "/a").code == "r_na_string"


@pytest.mark.parametrize("text", ["1", "-1.5", "1e-3", "+.5", "1,5", " 2 ", "3."])
def test_quoted_numbers_are_known(text: str) -> None:
    assert mismatch.explain(Expected(kinds(float | None), in_list=True), text, "/a").code == "number_as_string"


@pytest.mark.parametrize("value", ["TRUE", "false", "T", True, False])
def test_logicals_are_known(value: object) -> None:
    assert mismatch.explain(Expected(kinds(int), in_list=False), value, "/a").code == "r_logical"


def test_what_is_expected_is_said_in_words() -> None:
    words = Expected(kinds(float | list[int] | dict[str, int] | None), in_list=False).in_words()
    assert sorted(words.replace(" or ", ", ").split(", ")) == ["list", "null", "number", "object"]
    assert Expected(kinds(Literal["a"]), in_list=False).in_words() == "string"
    assert Expected(kinds(bytes), in_list=False).in_words() == "bytes (base64 in JSON)"


@pytest.mark.parametrize(
    ("meta", "value", "words"),
    [
        (msgspec.Meta(gt=0), 0, "greater than 0"),
        (msgspec.Meta(ge=1), 0, "at least 1"),
        (msgspec.Meta(lt=1), 1, "less than 1"),
        (msgspec.Meta(le=1), 2, "at most 1"),
        (msgspec.Meta(multiple_of=2), 3, "a multiple of 2"),
        (msgspec.Meta(gt=0, lt=1), 0.5, ""),
    ],
)
def test_bounds_are_said_in_words(meta: msgspec.Meta, value: float, words: str) -> None:
    (kind,) = kinds(Annotated[float, meta])
    assert mismatch.range_broken(kind, value) == words
    assert mismatch.unconstrained(kind) is False


def test_strings_have_lengths_and_patterns() -> None:
    (kind,) = kinds(Annotated[str, msgspec.Meta(min_length=2, max_length=3, pattern="^a")])
    assert [mismatch.text_broken(kind, text) for text in ("a", "abcd", "ba", "ab")] == [
        "It needs at least 2 characters.",
        "It may have at most 3 characters.",
        "It must match ^a.",
        "",
    ]


@pytest.mark.parametrize(("text", "good"), [("", True), ("AAAA", True), ("AA==", True), ("AA", False), ("!!!!", False)])
def test_base64_is_judged_as_the_decoder_does(text: str, good: bool) -> None:
    assert mismatch.is_base64(text) is good


def test_a_value_that_is_close_to_an_allowed_one_is_guessed() -> None:
    assert mismatch.unknown_value(["auto", "ppi"], "autoo", "/a").hint == "Did you mean 'auto'? Allowed: auto, ppi."
    assert mismatch.unknown_value(["auto", "ppi"], 3, "/a").hint == "Allowed: auto, ppi."
