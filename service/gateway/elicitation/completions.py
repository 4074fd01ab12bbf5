"""From a completion to one answer per question; a question that was refused does not lose its neighbours.

A ``sample`` or ``verbalized`` text is one JSON object with the asked properties and no other; one that lacks or spoils
a property is missing for that question alone. A lone sampled question may instead get a bare code, label or number,
where the codec does not say that a schema was asked for and ignored.
**Raises** nothing, whatever a provider sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp, fsum
from typing import Literal

import msgspec

from service.gateway.answer import Answer, answered, applying, is_distribution, missing, weighed
from service.gateway.elicitation.wording import is_plain
from service.gateway.parsing import Reading, bare, member, members_of, mended, refuses
from service.gateway.parsing.members import MOST_COLONS, is_number
from service.gateway.providers.protocol import Call, Completion, Decision, Missing, Question
from service.gateway.study import DECLINED

DECISION_TOLERANCE = 1e-6
"""A decision wire computes its probabilities: they sum to 1 but for rounding of the arithmetic."""
VERBALIZED_TOLERANCE = 0.02
"""A model states two digits: what sums to 1 within it is renormalised, anything else is ``unparseable``."""
MAX_OFF_OPTION_MASS = 0.5
"""Where more than half of the probability fell on no option, the rest says little about the options."""
LOGPROB_ROUNDING = 1e-3
"""How far a log probability may be above 0, or a sum of masses above 1, in single precision and printed digits."""


def read(call: Call, completion: Completion, *, lenient: bool = False) -> tuple[Answer, ...]:
    """One answer per question, in order. ``lenient`` repairs a text that gave no answer at all (parsing.repairs).

    A text for which a server ignored the schema (``constraint_not_honoured``) is no answer, even where it is an exact
    option; where it is a refusal it is ``refused``. ``lenient`` reads it, and what it finds is repaired.
    """
    text, reason = completion.text, completion.missing
    if reason == "constraint_not_honoured" and call.schema is not None and text is not None:
        return _unconstrained(call, text, lenient=lenient)
    if reason is not None:
        return _all_missing(call, reason, text)
    if call.method == "decision":
        return _decided(call, completion)
    if call.method == "logprob":
        return _labelled(call, completion)
    if text is None or not text.strip():
        return _all_missing(call, "empty", text)
    return _repaired(call, text) if lenient else _written(call, text)


def _unconstrained(call: Call, text: str, *, lenient: bool) -> tuple[Answer, ...]:
    """The answers of a text that ignores the schema it was asked to follow."""
    found = _repaired(call, text) if lenient else ()
    if any(a.status == "answered" for a in found):
        return tuple(replace(a, repaired=a.status == "answered") for a in found)
    return _all_missing(call, "refused" if refuses(text) else "constraint_not_honoured", text)


def _all_missing(call: Call, reason: Missing, text: str | None) -> tuple[Answer, ...]:
    return (missing(reason, text),) * len(call.questions)


def _decided(call: Call, completion: Completion) -> tuple[Answer, ...]:
    if len(completion.decisions) != len(call.questions):
        absent: Missing = "unparseable" if completion.decisions else "constraint_not_honoured"
        return _all_missing(call, absent, completion.text)
    pairs = zip(call.questions, completion.decisions, strict=True)
    return tuple(_decision(q, d, completion.text) for q, d in pairs)


def _decision(question: Question, decision: Decision, text: str | None) -> Answer:
    shown = decision.probabilities
    if decision.missing is not None or shown is None:
        return missing(decision.missing or "unparseable", text)
    several, off = question.item.type == "multi_select", decision.off_option_mass
    sound = all(0 <= p <= 1 for p in shown) if several else is_distribution(shown, DECISION_TOLERANCE)
    if len(shown) != len(question.options) or not sound:
        return missing("unparseable", text)
    if off is not None and off > MAX_OFF_OPTION_MASS:
        return missing("off_option_mass", text, off)
    shares = _as_offered(question, shown)
    if several:
        return applying(question.item, shares, "decision", text=text)
    return weighed(question.item, shares, "decision", text=text, off_option_mass=off)


def _labelled(call: Call, completion: Completion) -> tuple[Answer, ...]:
    if len(call.questions) != 1:
        return _all_missing(call, "unsupported", completion.text)
    if not completion.logprobs:
        return _all_missing(call, "logprobs_absent", completion.text)
    masses = label_masses(call.labels, completion.logprobs)
    if masses is None:
        return _all_missing(call, "unparseable", completion.text)
    question, total = call.questions[0], fsum(masses)
    off = max(0.0, 1 - total)
    if off > MAX_OFF_OPTION_MASS:
        return (missing("off_option_mass", completion.text, off),)
    shares = _as_offered(question, [mass / total for mass in masses])
    return (weighed(question.item, shares, "logprob", text=completion.text, off_option_mass=off),)


def label_masses(labels: Sequence[str], logprobs: Sequence[tuple[str, float]]) -> list[float] | None:
    """Probability of each label: exp(log probability) summed over its spellings ("A", " A", "a"); None if impossible.

    A token listed twice with one log probability counts once. A label that the provider's list leaves out counts 0, so
    the mass off the labels is an upper bound.
    """
    masses = {label.casefold(): 0.0 for label in labels}
    for token, logprob in dict.fromkeys(logprobs):
        if not logprob <= LOGPROB_ROUNDING:  # above 0, or not a number
            return None
        name = token.lstrip().casefold()
        if name in masses:
            masses[name] += exp(min(logprob, 0.0))
    return list(masses.values()) if fsum(masses.values()) <= 1 + LOGPROB_ROUNDING else None


def _repaired(call: Call, text: str) -> tuple[Answer, ...]:
    """The answers of a text, or where it has none, those of the text without what surrounds it."""
    answers = _written(call, text)
    left = mended(text) if all(a.status == "missing" for a in answers) else None
    again = () if left is None else _written(call, left)
    if all(a.status == "missing" for a in again):
        return answers
    return tuple(replace(a, text=text, repaired=a.status == "answered") for a in again)


def _written(call: Call, text: str) -> tuple[Answer, ...]:
    """The answers of a text: plain, JSON, or bare."""
    alone = call.questions[0] if len(call.questions) == 1 else None
    if alone is not None and is_plain(call.questions, call.method):
        return (_answer(bare(alone.item, text), "text", text),)
    most = MOST_COLONS + sum(len(q.options) for q in call.questions)
    members = members_of(text, most) if text.lstrip().startswith("{") else None
    if members is not None and members.keys() <= {q.item.name for q in call.questions}:
        return tuple(_member(call, q, members, text) for q in call.questions)
    if alone is not None and members is None and call.method == "sample" and alone.item.type != "free_text":
        return (_answer(bare(alone.item, text), "exact", text),)
    return _all_missing(call, "refused" if refuses(text) else "unparseable", text)


def _member(call: Call, question: Question, members: dict[str, object], text: str) -> Answer:
    value = members.get(question.item.name, msgspec.UNSET)
    if call.method == "verbalized":
        return _stated(question, value, text)
    return _answer(member(question.item, value), "json", text)


def _stated(question: Question, value: object, text: str) -> Answer:
    """Probabilities by code, as the model states them; null is declining where the schema allows it."""
    item = question.item
    if value is None and item.decline == "schema":
        return answered(DECLINED, "verbalized", text)
    if not isinstance(value, dict) or value.keys() != {str(o.code) for o in item.offered}:
        return missing("refused" if isinstance(value, str) and refuses(value) else "unparseable", text)
    stated = [value[str(o.code)] for o in item.offered]
    if not all(is_number(p) and 0 <= p <= 1 for p in stated):
        return missing("unparseable", text)
    if item.type == "multi_select":
        return applying(item, tuple(float(p) for p in stated), "verbalized", text=text)
    if not is_distribution(stated, VERBALIZED_TOLERANCE):
        return missing("unparseable", text)
    total = fsum(stated)
    return weighed(item, tuple(p / total for p in stated), "verbalized", text=text)


def _answer(reading: Reading, rule: Literal["exact", "json", "text"], text: str) -> Answer:
    return answered(reading.value, rule, text) if reading.missing is None else missing(reading.missing, text)


def _as_offered(question: Question, shown: Sequence[float]) -> tuple[float, ...]:
    """From the order shown to the item's own."""
    by_code = dict(zip((o.code for o in question.options), shown, strict=True))
    return tuple(by_code[o.code] for o in question.item.offered)
