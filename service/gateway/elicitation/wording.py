"""The words of a question: its text, its options in the order shown, and one sentence on how to answer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.gateway.elicitation.support import labels_of
from service.gateway.providers.protocol import Question
from service.gateway.study import DECLINED, Item, Method


def question_text(question: Question, method: Method, number: int | None) -> str:
    """The text of a question as it stands in a prompt; ``number`` where it is one of several of a call."""
    item = question.item
    text = item.text if number is None else f"{number}. {item.text}"
    how = _how(question, method, alone=number is None)
    return "\n".join([text, *_option_lines(question, method), *([how] if how else [])])


def is_plain(questions: Sequence[Question], method: Method) -> bool:
    """Whether the answer is text as it comes: a lone sampled free text, unless its schema is to allow null."""
    item = questions[0].item
    return method == "sample" and len(questions) == 1 and item.type == "free_text" and item.decline != "schema"


def span(item: Item) -> str:
    """The numbers that a numeric item allows: "a whole number from 0 to 40"."""
    kind = "a whole number" if item.integer else "a number"
    low, high = (None if bound is None else _plain_number(bound) for bound in (item.low, item.high))
    if low is not None and high is not None:
        return f"{kind} from {low} to {high}"
    if low is not None:
        return f"{kind} of at least {low}"
    return kind if high is None else f"{kind} of at most {high}"


def _option_lines(question: Question, method: Method) -> list[str]:
    names = labels_of(question) if method == "logprob" else [str(o.code) for o in question.options]
    pairs = zip(names, question.options, strict=True)
    return [name if name == o.label else f"{name}: {o.label}" for name, o in pairs]


def _how(question: Question, method: Method, *, alone: bool) -> str:
    if method == "decision":
        return ""
    if method == "logprob":
        return f"Answer with exactly one of {', '.join(labels_of(question))} and nothing else."
    if alone and is_plain((question,), method):
        return f"Answer in your own words{_or_declined(question.item)}."
    name = msgspec.json.encode(question.item.name).decode()
    wanted = _probabilities(question.item) if method == "verbalized" else _value(question.item)
    if alone:
        return f"Answer with JSON and nothing else: {{{name}: ...}}, where ... is {wanted}."
    return f"In your JSON answer, {name} is {wanted}."


def _value(item: Item) -> str:
    match item.type:
        case "choice" | "likert":
            wanted = "the code of one option"
        case "numeric":
            wanted = f"{span(item)}{_or_declined(item)}"
        case "multi_select":
            wanted = f"a list of the codes of all options that apply{_or_declined(item)}"
        case "ranking":
            wanted = f"a list of the codes of all options from first to last{_or_declined(item)}"
        case _:  # free_text
            wanted = f"your answer as a string{_or_declined(item)}"
    return wanted + _or_null(item)


def _probabilities(item: Item) -> str:
    if item.type == "multi_select":
        return f"an object with the probability, from 0 to 1, that each option applies, by its code{_or_null(item)}"
    return f"an object with the probability of every option by its code, summing to 1{_or_null(item)}"


def _or_null(item: Item) -> str:
    return ", or null if you don't know" if item.decline == "schema" else ""


def _or_declined(item: Item) -> str:
    if item.decline != "option":
        return ""
    code = f'["{DECLINED}"]' if item.type in {"multi_select", "ranking"} else f'"{DECLINED}"'
    return f", or {code} if you don't know"


def _plain_number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) and abs(bound) < 1e15 else repr(bound)
