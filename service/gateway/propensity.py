"""What the simulated respondents tend to answer: a latent position per persona, arm and item, from hashes alone.

A scale (``likert`` with numbers as codes, ``numeric``) is answered around the position
z = bias + 0.8 P + 0.5 PI + 0.4 I + 0.6 AI + noise D, with P, PI, I, AI, D standard normal numbers made of the hashes of
persona, persona x item, model x item, arm x item and everything x draw. With k levels r = 0 .. k-1, the probability of
level r is proportional to exp(-((r - m) / s)^2 / 2), m = (k-1) / (1 + exp(-z)), s = 0.22 (k-1). Any other option, r-th
of the codes in order, has the utility u = bias r + 0.8 PO + 0.5 O + 0.6 AO + noise DO and the probability of a softmax,
or 1 / (1 + exp(-u)) where several may be chosen.

So personas differ, arms have effects (sd 0.6 over items, the same for every persona on the latent scale), models have
biases, and with noise the draws of one prompt differ.

**Shapes** probabilities: one per code, in the order given.
**Units** latent standard deviations.
**Breaks** these are no people: nothing is to be learned from them but whether the path works.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from math import exp, sqrt
from struct import Struct
from typing import Final

from service.gateway.study import DECLINED, Code, ItemType

DECLINES: Final = 0.04
"""Probability of declining where that is allowed."""
_SPREAD: Final = 0.22
_UTILITY: Final = 300.0
_EIGHT: Final[Callable[[bytes], tuple[int, ...]]] = Struct("<8I").unpack
_ROOT_THREE: Final = sqrt(3)
_WHOLE: Final = 2.0**32


@dataclass(frozen=True, slots=True)
class Subject:
    """Who answers, under what: the model, the persona's text, the arm's text, the draw; bias and noise in latent sd."""

    model: str
    persona: str
    arm: str
    draw: str
    bias: float = 0.0
    noise: float = 0.0


def uniforms(*words: str) -> tuple[float, ...]:
    """Eight numbers in [0, 1) that are a function of the words."""
    return tuple(number / _WHOLE for number in _EIGHT(sha256("\x1f".join(words).encode()).digest()))


def normal(*words: str) -> float:
    """A number of mean 0 and variance 1, nearly normal: the sum of four uniform ones (within 3.5 of 0)."""
    a, b, c, d, *_ = _EIGHT(sha256("\x1f".join(words).encode()).digest())
    return (float(a + b + c + d) / _WHOLE - 2) * _ROOT_THREE


def position(subject: Subject, item: str) -> float:
    """The latent position z."""
    z = subject.bias + 0.8 * normal("persona", subject.persona) + 0.5 * normal("persona", subject.persona, item)
    z += 0.4 * normal("item", subject.model, item) + 0.6 * normal("arm", subject.arm, item)
    return z + subject.noise * normal("draw", subject.draw, item) if subject.noise else z


def probabilities(subject: Subject, item: str, kind: ItemType, codes: tuple[Code, ...]) -> list[float]:
    """The probability of every code, ``declined`` among them with its fixed share; of ``multi_select`` each by itself.

    Errors: ValueError without a code but that of declining.
    """
    places, numbers = _order(codes)
    if kind == "likert" and numbers:
        weights = _along(position(subject, item), places)
    elif kind == "multi_select":
        return [DECLINES if place is None else logistic(u) for u, place in _utilities(subject, item, codes)]
    else:
        weights = [0.0 if place is None else exp(u) for u, place in _utilities(subject, item, codes)]
    scale = (1 - DECLINES if None in places else 1.0) / sum(weights)
    return [DECLINES if place is None else scale * weight for weight, place in zip(weights, places, strict=True)]


def utilities(subject: Subject, item: str, codes: tuple[Code, ...]) -> list[float]:
    """The utility of every code."""
    return [u for u, _ in _utilities(subject, item, codes)]


def picked(weights: Sequence[float], chance: float) -> int:
    """The place that ``chance`` in [0, 1) falls on, with probabilities proportional to the weights."""
    ends = list(accumulate(weights))
    return min(bisect_right(ends, chance * ends[-1]), len(ends) - 1)


def logistic(z: float) -> float:
    """1 / (1 + exp(-z)), for any z."""
    return 1 / (1 + exp(-max(-_UTILITY, min(z, _UTILITY))))


@lru_cache(maxsize=256)
def _order(codes: tuple[Code, ...]) -> tuple[tuple[int | None, ...], bool]:
    """The place of every code from the lowest (None: declining), and whether all others are numbers."""
    known = [code for code in codes if code != DECLINED]
    if not known:
        raise ValueError("nothing to choose from")
    order = {code: place for place, code in enumerate(sorted(known, key=lambda code: (isinstance(code, str), code)))}
    return tuple(order.get(code) for code in codes), not any(isinstance(code, str) for code in known)


def _along(z: float, places: Sequence[int | None]) -> list[float]:
    top = max(place for place in places if place is not None)
    middle, width = top * logistic(z), _SPREAD * top or 1.0
    return [0.0 if place is None else exp(-(((place - middle) / width) ** 2) / 2) for place in places]


def _utilities(subject: Subject, item: str, codes: tuple[Code, ...]) -> list[tuple[float, int | None]]:
    return [
        (_utility(subject, f"{item}\x1e{code}", p or 0), p) for code, p in zip(codes, _order(codes)[0], strict=True)
    ]


def _utility(subject: Subject, option: str, place: int) -> float:
    u = subject.bias * place + 0.8 * normal("persona", subject.persona, option)
    u += 0.5 * normal("item", subject.model, option) + 0.6 * normal("arm", subject.arm, option)
    u += subject.noise * normal("draw", subject.draw, option) if subject.noise else 0.0
    return max(-_UTILITY, min(u, _UTILITY))
