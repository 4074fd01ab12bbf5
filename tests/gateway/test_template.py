from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.template import TemplateError, as_text, filled, pieces, placeholders


def test_names_are_replaced_and_double_braces_are_braces() -> None:
    template = "You are {age}. {{not a name}} {job}"
    assert placeholders(template) == {"age", "job"}
    assert filled(template, {"age": "34", "job": "nurse"}) == "You are 34. {not a name} nurse"


@given(value=st.text())
def test_values_are_data(value: str) -> None:
    """A persona's text is put in as it is and never read as a template."""
    assert filled("<{job}>", {"job": value, "item": "LEAK"}) == f"<{value}>"


@given(text=st.text())
def test_any_template_is_filled_or_refused(text: str) -> None:
    try:
        names = placeholders(text)
    except TemplateError:
        return
    assert filled(text, dict.fromkeys(names, "")) is not None
    assert filled(text.replace("{", "{{").replace("}", "}}"), {}) == text


@pytest.mark.parametrize("text", ["{", "}", "a { b", "{a", "b}", "{a{b}}"])
def test_lone_braces_are_refused_with_their_place(text: str) -> None:
    with pytest.raises(TemplateError, match="character"):
        placeholders(text)


def test_no_expression_is_evaluated() -> None:
    assert placeholders("{a.b} {a[0]} {0!r}") == {"a.b", "a[0]", "0!r"}


def test_attributes_as_words() -> None:
    assert [as_text(v) for v in (None, True, False, 34, 34.0, 1.5, "x")] == ["", "yes", "no", "34", "34", "1.5", "x"]


@pytest.mark.parametrize("template", ["", "plain", "{a}{b} {{x}} {a}", "}}{{ {item}%s", "{a}"])
def test_pieces_put_together_are_the_filled_template(template):
    values = {"a": "1 {b}", "b": "", "item": "{a}"}
    put = (piece if isinstance(piece, str) else values[piece[0]] for piece in pieces(template))
    assert "".join(put) == filled(template, values)
