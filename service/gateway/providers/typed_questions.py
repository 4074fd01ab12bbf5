"""Questions with a closed set of answers, as every decision wire asks them: a choice, a scale, or yes and no.

- ``likert`` with at most as many levels as the wire's scale takes, shown along its scale (either way) and without an
  option of declining, is asked as a scale; any other list of options as a choice.
- ``multi_select`` is asked as one yes or no per option: its probabilities are marginal and need not sum to 1.

Options are named by their labels, as people see them; labels that cannot be names (empty, repeated, with control
characters or blanks around) stand as descriptions of the names "1", "2", ... Questions are named "q1", "q2", ... so
that an item's name, which may give the study away, is never sent.

**Breaks** the score that a provider adds to a scale counts levels from zero in the order shown: never read it, the
expected value is computed from the codes. A wire whose options are the keys of a JSON object does not promise to show
them in the order sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final, Literal

from service.gateway.providers.protocol import Call, Decision, Missing, Question
from service.gateway.providers.reading import number_at, object_at, text_at
from service.gateway.study import Option

ROUNDING: Final = 0.02
"""How far from 1 the probabilities of a question may sum: 255 options rounded to four decimals come to 0.013."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a wire: its name there, what is asked, and what its options are called and described as."""

    name: str
    form: Literal["choice", "scale", "binary"]
    text: str
    options: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()


def asked(question: Question, number: int, most_levels: int) -> tuple[Asked, ...]:
    """What a question, the ``number``-th of its call from 0, becomes on a wire whose scales take ``most_levels``."""
    name, text = f"q{number + 1}", question.item.text
    if question.item.type == "multi_select":
        return tuple(
            Asked(f"{name}_{place}", "binary", f"{text}\nThis is among the answers chosen: {shown(option)}")
            for place, option in enumerate(question.options, start=1)
        )
    labels = tuple(option.label for option in question.options)
    if not _are_names(labels):
        places = tuple(str(place) for place in range(1, len(labels) + 1))
        return (Asked(name, "choice", text, places, tuple(shown(option) for option in question.options)),)
    scale = question.item.type == "likert" and _is_along(question) and 2 <= len(labels) <= most_levels
    return (Asked(name, "scale" if scale else "choice", text, labels, ("",) * len(labels)),)


def shown(option: Option) -> str:
    """What an option is read as: its label, or its code where the label is blank."""
    return option.label if option.label.strip() else str(option.code)


def distribution(found: Mapping[object, float | None], names: Sequence[object], mass: float | None = None) -> Decision:
    """The probabilities of the named options in their order, made to sum to 1; else why there are none.

    ``mass`` is the share of its probability that the server put on the options at all, None where it does not tell.
    What a sum lacks to 1 beyond rounding is mass off the options, too. ``constraint_not_honoured``: nothing came;
    ``unparseable``: other names, no numbers, or no probabilities.
    """
    if not found:
        return Decision(None, "constraint_not_honoured")
    if found.keys() != set(names):
        return Decision(None, "unparseable")
    values = [found[name] for name in names]
    known = [value for value in values if value is not None and 0 <= value <= 1 + ROUNDING]
    total = fsum(known)
    if len(known) < len(values) or not 0 < total <= 1 + ROUNDING:
        return Decision(None, "unparseable")
    on = total if total < 1 - ROUNDING else None
    off = None if on is None and mass is None else 1 - (1.0 if on is None else on) * (1.0 if mass is None else mass)
    return Decision(tuple(value / total for value in known), off_option_mass=off)


def likelihood(value: float | None) -> Decision:
    """The probability of a yes: ``constraint_not_honoured`` where there is none, ``unparseable`` outside 0..1."""
    if value is None:
        return Decision(None, "constraint_not_honoured")
    return Decision((value,)) if 0 <= value <= 1 else Decision(None, "unparseable")


def gathered(parts: Sequence[Decision]) -> Decision:
    """One question from its parts: its probabilities one after the other, or the reason of the first part without."""
    if len(parts) == 1:
        return parts[0]
    missing: Missing | None = next((part.missing for part in parts if part.missing), None)
    if missing:
        return Decision(None, missing)
    return Decision(tuple(value for part in parts for value in part.probabilities or ()))


def asked_by_name(call: Call, most_levels: int) -> Mapping[str, object]:
    """The questions of a call on a wire that names them: their types, instructions and criteria by name."""
    return {part.name: _criteria(part) for parts in _parts(call, most_levels) for part in parts}


def decided_by_name(
    call: Call, most_levels: int, answers: Mapping[object, object], diagnostics: object = None
) -> tuple[Decision, ...]:
    """The decisions in the order of the questions; each stands or is missing by itself."""

    def decided(part: Asked) -> Decision:
        mass = number_at(diagnostics, part.name, "label_mass")
        return _answer(part, answers.get(part.name), mass if mass is not None and 0 <= mass <= 1 else None)

    return tuple(gathered([decided(part) for part in parts]) for parts in _parts(call, most_levels))


def one_text(call: Call) -> str:
    """The prompt where a wire has one text: the system text, a blank line, the user's."""
    return f"{call.system}\n\n{call.user}" if call.system else call.user


def _parts(call: Call, most_levels: int) -> list[tuple[Asked, ...]]:
    return [asked(question, number, most_levels) for number, question in enumerate(call.questions)]


def _criteria(part: Asked) -> Mapping[str, object]:
    if part.form == "binary":
        return {"type": "noul", "instructions": part.text}
    if part.form == "scale":
        return {"type": "score", "instructions": part.text, "criteria": part.options}
    criteria = dict(zip(part.options, part.descriptions, strict=True))
    return {"type": "choice", "instructions": part.text, "criteria": criteria}


def _answer(part: Asked, answer: object, mass: float | None) -> Decision:
    kind = text_at(answer, "type")
    if kind == "refusal":
        return Decision(None, "refused")
    if kind != {"choice": "choice", "scale": "score", "binary": "noul"}[part.form]:
        return Decision(None, "unparseable")
    if part.form == "binary":
        return likelihood(number_at(answer, "noul"))
    found: dict[object, float | None] = {
        name: number_at(answer, "probabilities", name) for name in object_at(answer, "probabilities")
    }
    names = part.options if part.form == "choice" else [str(level) for level in range(len(part.options))]
    return distribution(found, names, mass)


def _are_names(labels: tuple[str, ...]) -> bool:
    clean = all(label and label == label.strip() and label.isprintable() for label in labels)
    return clean and len(set(labels)) == len(labels)


def _is_along(question: Question) -> bool:
    return question.options in {question.item.options, question.item.options[::-1]}
