"""What the simulated respondents write: a drawn answer of any item type, or their probabilities in numbers."""

from __future__ import annotations

from math import ceil, floor, log
from typing import Final

from service.gateway.propensity import DECLINES, Subject, logistic, picked, position, probabilities, uniforms, utilities
from service.gateway.providers.protocol import Question
from service.gateway.study import DECLINED, Code, Item

OFF_OPTION: Final = "none of these"
SPAN: Final = 100.0
"""How far a number goes where it has no bound."""
SENTENCES: Final = (
    "I am against this.",
    "I have my doubts about this.",
    "I can see both sides of this.",
    "I rather like this.",
    "I am all for this.",
)
_COLD: Final = 0.02
"""A temperature at or below it takes the most probable answer."""


def drawn(subject: Subject, question: Question, temperature: float, off_option: float) -> object:
    """An answer: a code, a number, a text, a list of codes, or null where declining is left to the schema."""
    item = question.item
    chance = uniforms(subject.draw, "answer", item.name)
    if item.decline == "schema" and chance[1] < DECLINES:
        return None
    if chance[2] < off_option and item.type != "free_text":
        return _off_option(item)
    if item.decline == "option" and item.type not in {"choice", "likert"} and chance[1] < DECLINES:
        return [DECLINED] if item.type in {"multi_select", "ranking"} else DECLINED
    return _answered(subject, question, temperature, chance[0])


def stated(subject: Subject, question: Question) -> dict[str, float] | None:
    """A probability for every code, four decimals; null where declining is left to the schema."""
    item = question.item
    if item.decline == "schema" and uniforms(subject.draw, "answer", item.name)[1] < DECLINES:
        return None
    codes = _codes(question)
    shares = probabilities(subject, item.name, item.type, codes)
    return {str(code): round(share, 4) for code, share in zip(codes, shares, strict=True)}


def _answered(subject: Subject, question: Question, temperature: float, chance: float) -> object:
    item = question.item
    match item.type:
        case "choice" | "likert":
            return _one(subject, question, temperature, chance)
        case "numeric":
            return _number(subject, item, chance)
        case "multi_select":
            return _several(subject, question)
        case "ranking":
            return _ranking(subject, question)
    return SENTENCES[min(int(logistic(position(subject, item.name)) * len(SENTENCES)), len(SENTENCES) - 1)]


def _codes(question: Question) -> tuple[Code, ...]:
    return tuple(option.code for option in question.options)


def _one(subject: Subject, question: Question, temperature: float, chance: float) -> Code:
    codes = _codes(question)
    shares = probabilities(subject, question.item.name, question.item.type, codes)
    if temperature <= _COLD:
        return codes[max(range(len(codes)), key=shares.__getitem__)]
    if temperature != 1:
        shares = [share ** (1 / temperature) for share in shares]
    return codes[picked(shares, chance)]


def _number(subject: Subject, item: Item, chance: float) -> float:
    low = item.low if item.low is not None else 0.0 if item.high is None else item.high - SPAN
    high = item.high if item.high is not None else low + SPAN
    z = position(subject, item.name) + log((chance + 1e-9) / (1 - chance + 1e-9)) / 4
    value = low + (high - low) * logistic(z)
    return max(ceil(low), min(floor(high), round(value))) if item.integer else max(low, min(high, round(value, 4)))


def _several(subject: Subject, question: Question) -> list[Code]:
    codes = [code for code in _codes(question) if code != DECLINED]
    shares = probabilities(subject, question.item.name, "multi_select", tuple(codes))
    words = (subject.draw, "several", question.item.name)
    return [code for code, share in zip(codes, shares, strict=True) if uniforms(*words, str(code))[0] < share]


def _ranking(subject: Subject, question: Question) -> list[Code]:
    codes = tuple(code for code in _codes(question) if code != DECLINED)
    worth = dict(zip(codes, utilities(subject, question.item.name, codes), strict=True))
    words = (subject.draw, "ranking", question.item.name)
    luck = {code: -log(-log(uniforms(*words, str(code))[0] * (1 - 2e-9) + 1e-9)) for code in codes}
    return sorted(codes, key=lambda code: -worth[code] - luck[code])


def _off_option(item: Item) -> object:
    if item.type == "numeric":
        return (item.high if item.high is not None else SPAN * SPAN) + 1
    return [OFF_OPTION] if item.type in {"multi_select", "ranking"} else OFF_OPTION
