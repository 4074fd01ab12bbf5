"""Interactions of two attributes that a caller asks for: how much more a level is worth beside a level of another.

Formula: the average component interaction effect of levels a of A and b of B against their baselines a0, b0,
    ACIE(a, b) = E[ Y(a, b) - Y(a0, b) - Y(a, b0) + Y(a0, b0) ]
is the coefficient of 1{A = a} 1{B = b} in least squares on all attributes' levels and the products of A and B (and
those that restricted combinations ask for, see ``conjoint``). A cell (a, b) that fewer than two respondents are shown
stays out of that regression; an interaction is reported where the profiles tell it: where a and its baseline are shown
with b and its baseline. Each pair has a regression of its own: what it says does not depend on what else is asked for.
Shapes: n profiles; one estimate per interaction, ``attribute=level:attribute=level``, then the mean of every cell.
Units: those of the outcome.
Assumes: attributes were drawn at random, independently of each other; where a third attribute's combinations with A or
B are restricted, that no three interact. Breaks: size and sign depend on the baselines.
Raises: ``baselines_never_meet``, ``constant_term``.
Source: Hainmueller, Hopkins & Yamamoto (2014), Political Analysis 22, section 3 (ACIE). Why not the average marginal
interaction effect of Egami & Imai (2019), JASA 114: decisions/0016-interactions-against-baselines.md.
Differs: other attributes adjust; restrictions are read off the profiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from service.calibration import generalized_linear
from service.calibration.conjoint import Attribute, Shown, attributes, independent
from service.calibration.errors import NotIdentified, Problem, Warned
from service.calibration.influence import Design, Fitted, Pair
from service.calibration.moments import FloatArray, IntArray

FEWEST = 2  # respondents (or profiles of independent ones) that a cell needs
NULL = 1e-9  # eigenvalue of scaled columns below which they repeat each other
TOLD = 1e-6  # weight of a column in what is not told, above which its coefficient is not told either


def with_pairs(design: Design, weight: FloatArray, respondent: IntArray) -> tuple[Design, tuple[Warned, ...]]:
    """The design with what comes of the interactions asked for; a warning for every pair that is not told in full."""
    if not design.interactions:
        return design, ()
    known = attributes(design)
    place = {attribute.key: k for k, attribute in enumerate(known)}
    pairs, doubts, problems = [], [], []
    for number, (left, right) in enumerate(design.interactions):
        if alone := [key for key in (left, right) if key not in place]:
            text, hint = "an attribute of one level interacts with nothing", "leave out the pairs that it is in"
            problems += [Problem(key, "constant_term", text, hint) for key in alone]
            continue
        at = f"/plan/estimand/interactions/{number}"
        a, b = place[left], place[right]
        seen = _seen(known[a], known[b], respondent)
        if not seen[0, 0]:
            names = f"{known[a].levels[0]!r} and {known[b].levels[0]!r}"
            text = f"the baselines {names} are not shown together to {FEWEST} respondents, so nothing can be told"
            hint = "name levels in baselines that are shown together, or leave the pair out"
            problems.append(Problem(at, "baselines_never_meet", text, hint))
            continue
        pair = _pair(design, weight, (a, b), seen)
        pairs.append(pair)
        doubts += _doubts(pair, known, seen, at)
    if problems:
        raise NotIdentified(list(dict.fromkeys(problems)))
    return replace(design, pairs=tuple(pairs)), tuple(doubts)


def _seen(a: Attribute, b: Attribute, respondent: IntArray) -> Shown:
    """Which cells (L, M) at least two respondents are shown."""
    size = len(a.levels), len(b.levels)
    cell = np.ravel_multi_index((a.shown.argmax(axis=0), b.shown.argmax(axis=0)), size)
    once = np.unique(np.stack((cell, respondent)), axis=1)[0]
    return np.asarray(np.bincount(once, minlength=size[0] * size[1]).reshape(size) >= FEWEST)


def _pair(design: Design, weight: FloatArray, places: tuple[int, int], seen: Shown) -> Pair:
    """The regression of a pair: its interactions first, then what else keeps it saturated, no column repeated."""
    known = attributes(design)
    a, b = known[places[0]], known[places[1]]
    cells = tuple((i, j) for i, j in product(range(seen.shape[0]), range(seen.shape[1])) if seen[i, j])
    own = [(a.terms[i - 1], b.terms[j - 1]) for i, j in cells if i and j]
    others = [pair for pair in design.products if not _of(pair, a, b)]
    root = np.sqrt(weight * _among(cells, a, b))
    rows = np.concatenate((design.x, _products(design.x, own), _products(design.x, others))) * root
    size = len(design.x)
    told = _told(rows)
    first = [k for k in range(len(own)) if told[size + k]]
    order = [*first, *(k for k in range(len(own)) if k not in first), *range(len(own), len(own) + len(others))]
    kept = independent(rows[[*range(size), *(size + k for k in order)]])
    products = [own[k] if k < len(own) else others[k - len(own)] for k in order]
    return Pair(
        first=places[0],
        second=places[1],
        terms=tuple(j for j in kept if j < size),
        products=tuple(products[j - size] for j in kept if j >= size),
        reported=len(first),
        cells=cells,
    )


def _of(pair: tuple[int, int], a: Attribute, b: Attribute) -> bool:
    """Whether a product is one of levels of these two attributes."""
    return any(x in a.terms and y in b.terms for x, y in (pair, pair[::-1]))


def _products(x: FloatArray, pairs: Sequence[tuple[int, int]]) -> FloatArray:
    return np.array([x[i] * x[j] for i, j in pairs]).reshape(len(pairs), x.shape[1])


def _among(cells: Sequence[tuple[int, int]], a: Attribute, b: Attribute) -> FloatArray:
    """1 for profiles (n,) in one of the cells, else 0."""
    table = np.zeros((len(a.levels), len(b.levels)))
    table[tuple(zip(*cells, strict=True))] = 1.0
    return np.asarray(np.einsum("mn,mn->n", table.T @ a.shown, b.shown))


def _told(rows: FloatArray) -> list[bool]:
    """Whether each row's (k, n) coefficient is told: it has no part in a direction that leaves the fit as it is."""
    norm = np.linalg.norm(rows, axis=1)
    scaled = rows / np.where(norm > 0.0, norm, 1.0)[:, None]
    values, vectors = np.linalg.eigh(scaled @ scaled.T)
    null = vectors[:, values < NULL * len(rows)]
    return [part < TOLD and size > 0.0 for part, size in zip(np.abs(null).max(axis=1, initial=0.0), norm, strict=True)]


def _doubts(pair: Pair, known: Sequence[Attribute], seen: Shown, place: str) -> list[Warned]:
    """What of a pair is left out, by name."""
    a, b = known[pair.first], known[pair.second]
    lost = [f"{a.levels[i]} with {b.levels[j]}" for i, j in zip(*np.nonzero(~seen), strict=True)]
    given = {pair.products[k] for k in range(pair.reported)}
    untold = [
        f"{a.levels[i]}:{b.levels[j]}"
        for i, j in product(range(1, len(a.levels)), range(1, len(b.levels)))
        if (a.terms[i - 1], b.terms[j - 1]) not in given
    ]
    found = []
    if lost:
        text = f"not shown to {FEWEST} respondents, so without a mean: {', '.join(lost)}"
        found.append(Warned("combination_left_out", text, place))
    if untold:
        text = f"interactions that the profiles shown cannot tell are left out: {', '.join(untold)}"
        found.append(Warned("interaction_left_out", text, place))
    return found


def fit(answers: FloatArray, design: Design, weight: FloatArray, pair: Pair) -> Fitted:
    """The interactions of a pair from answers (1, n); ``reported`` are those that are told."""
    known = attributes(design)
    a, b = known[pair.first], known[pair.second]
    inside = _among(pair.cells, a, b)
    names = [design.names[j] for j in pair.terms] + [f"{design.names[i]}:{design.names[j]}" for i, j in pair.products]
    wide = replace(
        design,
        x=np.concatenate((design.x[list(pair.terms)], _products(design.x, pair.products))),
        names=tuple(names),
        keys=(*(design.keys[j] for j in pair.terms), *("/plan/estimand/interactions" for _ in pair.products)),
    )
    found = generalized_linear.fit(generalized_linear.LINEAR, answers, wide, weight * inside)
    scale = float(weight.sum()) / float(weight @ inside)
    places = tuple(range(len(pair.terms), len(pair.terms) + pair.reported))
    return replace(found, influence=found.influence * (inside * scale), reported=places)


def cells(design: Design, pair: Pair) -> Attribute:
    """The cells of a pair as the levels of one attribute, whose means are asked for."""
    known = attributes(design)
    a, b = known[pair.first], known[pair.second]
    levels = tuple(f"{a.levels[i]}, {b.levels[j]}" for i, j in pair.cells)
    return Attribute(a.key, (), levels, np.array([a.shown[i] * b.shown[j] for i, j in pair.cells]))
