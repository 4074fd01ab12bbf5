"""One question's answer as read from a completion, or the reason why there is none; and its moments.

Formula: with p the probabilities and c the codes of the options other than the one of declining, w = p / sum p:
``expected`` = sum w c, ``variance`` = sum w (c - expected)^2. They are ours, never the provider's.
**Shapes** ``probabilities`` has one entry per option of ``item.offered``, in that order, never in the order shown.
**Units** those of the codes; ``variance`` in their square; probabilities and masses are shares of 1.
**Assumes** integer codes that a float holds: a request has none beyond 2^53 (``wire/generation.py``).
**Differs** the mass of declining stands in ``probabilities`` (last) and nowhere else: ``expected`` is given that an
option was chosen, also where declining is the most probable. A drawn answer (``sample``) has a value and no moments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Literal, TypeAlias

from service.gateway.providers.protocol import Missing
from service.gateway.study import DECLINED, Code, Item

Value: TypeAlias = int | float | str | tuple[Code, ...] | None
Rule = Literal["exact", "json", "text", "decision", "logprob", "verbalized"]

NEGLIGIBLE = 1e-6
"""Where declining has all but this share, the rest is rounding and has no moments."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a cell carries of one question.

    ``value``: a code; a number; a text; the codes of a ``multi_select`` in the item's order, of a ``ranking`` from
    first to last; ``declined`` for "don't know". ``probabilities`` of a ``multi_select`` are of each option by itself
    and do not sum to 1. ``off_option_mass`` is of ``logprob``, and of ``decision`` where the wire tells it. ``rule``
    says how a value was read, ``repaired`` that it was read leniently. ``text`` is what the model wrote, untouched.
    """

    status: Literal["answered", "missing"]
    value: Value = None
    probabilities: tuple[float, ...] | None = None
    expected: float | None = None
    variance: float | None = None
    off_option_mass: float | None = None
    missing: Missing | None = None
    text: str | None = None
    rule: Rule | None = None
    repaired: bool = False


def answered(value: Value, rule: Rule, text: str | None = None) -> Answer:
    """A value that was written."""
    return Answer("answered", value, text=text, rule=rule)


def missing(reason: Missing, text: str | None = None, off_option_mass: float | None = None) -> Answer:
    """No answer, and why."""
    return Answer("missing", off_option_mass=off_option_mass, missing=reason, text=text)


def weighed(
    item: Item,
    probabilities: tuple[float, ...],
    rule: Rule,
    *,
    text: str | None = None,
    off_option_mass: float | None = None,
) -> Answer:
    """A distribution over ``item.offered`` (same order, sums to 1); its value is the most probable code, first if tied.

    The tie goes to the item's own order, so it does not depend on the order shown.
    """
    place = max(range(len(probabilities)), key=probabilities.__getitem__)
    expected, variance = moments(item, probabilities)
    return Answer(
        "answered",
        item.offered[place].code,
        probabilities,
        expected,
        variance,
        off_option_mass,
        text=text,
        rule=rule,
    )


def applying(item: Item, probabilities: tuple[float, ...], rule: Rule, *, text: str | None = None) -> Answer:
    """Each option of a ``multi_select`` by itself: its value is the options above one half; declining goes before.

    Shapes: one probability from 0 to 1 per option of ``item.offered``, in that order.
    """
    likely = tuple(o.code for o, p in zip(item.offered, probabilities, strict=True) if p > 0.5)
    declines = item.decline == "option" and DECLINED in likely
    return Answer("answered", DECLINED if declines else likely, probabilities, text=text, rule=rule)


def moments(item: Item, probabilities: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    """Mean and variance of the codes, declining left out; none where a code is no number or nothing else has mass."""
    codes = [o.code for o in item.options if not isinstance(o.code, str)]
    if not codes or len(codes) < len(item.options):
        return None, None
    pairs = list(zip(probabilities[: len(codes)], codes, strict=True))
    mass = fsum(p for p, _ in pairs)
    if mass <= NEGLIGIBLE:
        return None, None
    expected = fsum(p * c for p, c in pairs) / mass
    deviations = ((p, c - expected) for p, c in pairs)
    return expected, fsum(p * d * d for p, d in deviations) / mass


def is_distribution(probabilities: Iterable[float], tolerance: float) -> bool:
    """Whether all are finite and at least 0 and they sum to 1 within ``tolerance``."""
    known = list(probabilities)
    return all(isfinite(p) and p >= 0 for p in known) and abs(fsum(known) - 1) <= tolerance
