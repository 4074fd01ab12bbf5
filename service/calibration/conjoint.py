"""Conjoint attributes: which pairs of levels a study never shows together, and what effects then average over.

Formula: levels a of A and b of B are restricted when no profile has both although chance would have shown the pair,
    sum_i 1{A_i = a} sum_i 1{B_i = b} / n >= log(100 x pairs of levels)
(a pair that is absent by chance alone is taken for restricted in at most 1 study of 100). The regression then includes
the interactions of A and B, and the effect of level a against its baseline a0 is averaged over the profiles whose other
attributes go with both a and a0:
    effect(a) = beta_a + sum_b share(b | profiles that go with a and a0) beta_ab
``shares`` (k, products) hold these weights: with products centred by them, effects are plain coefficients.
Shapes: n profiles, k terms. Units: none.
Assumes: profiles were drawn at random among those that the study shows.
Raises: ``attribute_of_numbers``, ``no_common_combination``.
Source: Hainmueller, Hopkins & Yamamoto (2014), Political Analysis 22, section 3 and proposition 3.
Differs: restrictions are read off the profiles; combinations weigh as often as they were shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, groupby, product

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import InvalidPlan, NotIdentified
from service.calibration.influence import Design
from service.calibration.least_squares import RELATIVE_SCATTER
from service.calibration.moments import FloatArray

CHANCE = 0.01
Shown = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: rows of its terms, names of its levels (the baseline first), which profile shows which (L, n)."""

    key: str
    terms: tuple[int, ...]
    levels: tuple[str, ...]
    shown: FloatArray


def attributes(design: Design) -> tuple[Attribute, ...]:
    """The attributes of a design whose terms are levels; refuses terms that are numbers."""
    found = []
    for key, group in groupby(range(1, len(design.names)), key=lambda j: design.keys[j]):
        terms = tuple(group)
        baseline = design.baselines[terms[0]]
        if baseline is None:
            text, hint = f"attribute {design.names[terms[0]]!r} is a column of numbers", "send its levels as strings"
            raise InvalidPlan.at(key, "attribute_of_numbers", text, hint)
        shown = design.x[list(terms)]
        levels = (baseline, *(design.names[j] for j in terms))
        found.append(Attribute(key, terms, levels, np.concatenate((1.0 - shown.sum(axis=0, keepdims=True), shown))))
    return tuple(found)


def with_interactions(design: Design, weight: FloatArray) -> Design:
    """The design with the interactions that restricted combinations ask for, and the shares they average with."""
    known = attributes(design)
    banned = _restricted(known)
    if not banned:
        return design
    pairs = _identified(design, tuple(_products(known, banned)), weight)
    shares = np.zeros((len(design.names), len(pairs)))
    for a, attribute in enumerate(known):
        for level, term in enumerate(attribute.terms, 1):
            allowed = _allowed(known, banned, a, level)
            if not float(weight @ allowed) > 0.0:
                text = f"{design.names[term]!r} and its baseline never meet the same levels of the other attributes"
                hint = "name another level in baselines, or leave the attribute out"
                raise NotIdentified.at(attribute.key, "no_common_combination", text, hint)
            for column, pair in enumerate(pairs):
                if term in pair:
                    other = design.x[pair[0] if pair[1] == term else pair[1]]
                    shares[term, column] = float((weight * allowed) @ other) / float(weight @ allowed)
    return replace(design, products=pairs, shares=shares)


def expanded(design: Design) -> Design:
    """The design with its interactions as further terms, centred so that the terms themselves are the effects."""
    if design.shares is None:
        return design
    more = np.array([design.x[a] * design.x[b] for a, b in design.products]) - design.shares.T @ design.x
    names = tuple(f"{design.names[a]} x {design.names[b]}" for a, b in design.products)
    keys = tuple(design.keys[b] for _, b in design.products)
    return replace(
        design, x=np.concatenate((design.x, more)), names=(*design.names, *names), keys=(*design.keys, *keys)
    )


def _restricted(known: tuple[Attribute, ...]) -> dict[tuple[int, int], Shown]:
    """By pair of attributes with restrictions: which pairs of their levels (L, M) are never shown."""
    tables = {(a, b): known[a].shown @ known[b].shown.T for a, b in combinations(range(len(known)), 2)}
    least = np.log(max(1, sum(t.size for t in tables.values())) / CHANCE)
    found = {}
    for pair, table in tables.items():
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
        never = (table < 0.5) & (expected >= least)
        if never.any():
            found[pair] = never
    return found


def _products(known: tuple[Attribute, ...], banned: dict[tuple[int, int], Shown]) -> Iterator[tuple[int, int]]:
    """The pairs of terms of restricted attributes that some profile shows."""
    for a, b in banned:
        table = known[a].shown @ known[b].shown.T
        for (i, left), (j, right) in product(enumerate(known[a].terms, 1), enumerate(known[b].terms, 1)):
            if table[i, j] > 0.5:
                yield left, right


def _identified(design: Design, pairs: tuple[tuple[int, int], ...], weight: FloatArray) -> tuple[tuple[int, int], ...]:
    """The products that say something beyond the terms and the products before them; the others are level zero."""
    rows = np.concatenate((design.x, [design.x[a] * design.x[b] for a, b in pairs])) * np.sqrt(weight)
    size = len(design.names)
    return tuple(pairs[j - size] for j in independent(rows) if j >= size)


def independent(rows: FloatArray) -> list[int]:
    """The rows (k, n) that say something beyond the rows before them."""
    basis, kept = np.zeros((0, rows.shape[1])), []
    for j, row in enumerate(rows):
        rest = row - (basis @ row) @ basis
        rest -= (basis @ rest) @ basis
        norm = float(np.linalg.norm(rest))
        if norm > np.sqrt(RELATIVE_SCATTER) * float(np.linalg.norm(row)):
            basis = np.concatenate((basis, rest[None] / norm))
            kept.append(j)
    return kept


def _allowed(known: tuple[Attribute, ...], banned: dict[tuple[int, int], Shown], a: int, level: int) -> FloatArray:
    """Which profiles (n,) have other attributes that go with a level of attribute a and with its baseline."""
    found = np.ones(known[a].shown.shape[1])
    for (left, right), never in banned.items():
        if a in (left, right):
            table, other = (never, right) if left == a else (never.T, left)
            found *= 1.0 - (table[level] | table[0]).astype(np.float64) @ known[other].shown
    return found
