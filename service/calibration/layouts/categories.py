"""Answers that are categories: their names agreed over all columns, their indicators, one sample per category.

Formula: outcome of category k is 1{y = k}; its predictions are the probabilities of all categories but the first,
the same K - 1 columns for every k, so that shares sum to 1.
Categories are strings or whole numbers; by default all that anybody or any LLM named, sorted.
Shapes: N units, K categories; codes (N,), -1 for missing; probabilities (K, N), NaN where missing.
Raises: ``not_a_category``, ``unknown_category``, ``too_few_categories``, ``too_many_categories``,
``duplicate_category``, ``unlike_categories``.
Source: the estimand ``proportions`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.errors import LISTED, Problem, Warned
from service.calibration.layouts.labels import Labels, ordered
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import Column, Sample, Units

MOST_CATEGORIES = 64
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Categories:
    """The categories asked for, in order; None: all seen, sorted."""

    asked: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """A column that may hold categories, and its place."""

    values: FloatArray | Labels
    place: str


def agreed(
    categories: Categories, columns: Sequence[Answers], named: Sequence[tuple[str, str]], place: str
) -> tuple[tuple[str, ...], list[Problem]]:
    """The categories of an outcome, from its columns and the (category, place) that predictions name."""
    problems = [p for column in columns for p in _not_categories(column)]
    if problems:
        return (), problems
    if categories.asked is None:
        seen = {name for column in columns for name in ordered(column.values).names} | {name for name, _ in named}
        names = tuple(sorted(seen, key=_by_value) if all(map(_is_number, seen)) else sorted(seen))
        problems += _nearly_alike(names, place)
    else:
        names = categories.asked
        problems += _duplicates(names) + [p for column in columns for p in _unknown(column, names)]
        problems += [_unknown_at(where) for name, where in named if name not in names]
    if len(names) < 2:
        text, hint = "fewer than two categories are known", "name the categories in plan.estimand.categories"
        problems.append(Problem(place, "too_few_categories", text, hint))
    if len(names) > MOST_CATEGORIES:
        text, hint = f"{len(names)} categories, at most {MOST_CATEGORIES} are computed", "join rare ones"
        problems.append(Problem(place, "too_many_categories", text, hint))
    return names, problems


def apart(human: Answers, llm: Sequence[Answers]) -> list[Problem]:
    """LLM columns of which no answer is one that a human gave, where nobody listed the categories."""
    given, hint = set(ordered(human.values).names), "code humans' and LLM's answers alike, or list the categories"
    said = ((column.place, set(ordered(column.values).names)) for column in llm)
    text = "none of the LLM's answers is a category that a human chose"
    return [
        Problem(place, "unlike_categories", text, hint)
        for place, names in said
        if given and names and not names & given
    ]


def _nearly_alike(names: Sequence[str], place: str) -> list[Problem]:
    """Names that differ in capitals or spaces alone."""
    first: dict[str, str] = {}
    pairs = ((first.setdefault(" ".join(name.casefold().split()), name), name) for name in names)
    text = "two categories differ in capitals or spaces alone"
    hint = "write them alike in all columns, or list the categories in plan.estimand.categories"
    return [Problem(place, "unlike_categories", text, hint) for one, other in pairs if one != other][:1]


def codes(values: FloatArray | Labels, names: Sequence[str]) -> IntArray:
    """The index among ``names`` of every answer (N,), -1 where missing."""
    labels = ordered(values)
    place = {name: i for i, name in enumerate(names)}
    own = np.array([*(place[name] for name in labels.names), -1], dtype=np.int64)
    return np.asarray(own[labels.codes])


def indicators(chosen: IntArray, count: int) -> FloatArray:
    """1 where a unit chose the category, else 0, NaN where missing; (K, N)."""
    found = np.equal(chosen, np.arange(count)[:, None]).astype(np.float64)
    found[:, chosen < 0] = np.nan
    return found


def share_drafts(
    column: Column, names: Sequence[str], human: Sequence[FloatArray], llm_only: Sequence[FloatArray | None]
) -> list[DraftColumn]:
    """The probabilities (K, n) of a prediction by arm and pool as K - 1 columns with one refusal column."""
    return [
        DraftColumn(
            replace(column, name=f"{column.name} (category {k + 1})", category=names[k]),
            tuple(p[k] for p in human),
            tuple(None if p is None else p[k] for p in llm_only),
            refusals=k == 1,
        )
        for k in range(1, len(names))
    ]


def components(sample: Sample, names: tuple[str, ...]) -> tuple[Sample, ...]:
    """One sample per category from a sample whose outcomes are codes; all share their columns."""
    units = [u for u in sample.human if isinstance(u, Units)]
    chosen = tuple(u.y.astype(np.int64) for u in units if u.y is not None)
    warnings = (*sample.warnings, *_not_chosen(sample, chosen, len(names)))
    return tuple(
        replace(
            sample,
            human=tuple(replace(u, y=_frozen(c == k)) for u, c in zip(units, chosen, strict=True)),
            component=name,
            categories=names,
            chosen=chosen,
            warnings=warnings,
        )
        for k, name in enumerate(names)
    )


def _frozen(chosen: np.ndarray) -> FloatArray:
    y = chosen.astype(np.float64)
    y.flags.writeable = False
    return y


def _not_chosen(sample: Sample, chosen: Sequence[IntArray], count: int) -> list[Warned]:
    found = []
    for arm, choice, place in zip(sample.arms, chosen, sample.pointers, strict=True):
        never = count - len(np.unique(choice))
        if never:
            text = (
                f"no human of arm {arm!r} chose {never} of the {count} categories: their shares there have no "
                "estimated variance, and only interval score or betting says how large they may be"
            )
            found.append(Warned("category_not_chosen", text, place))
    return found


def _not_categories(column: Answers) -> list[Problem]:
    if isinstance(column.values, Labels):
        return []
    with np.errstate(invalid="ignore"):
        wrong = ~np.isnan(column.values) & ~((np.abs(column.values) < 2**53) & (column.values % 1.0 == 0.0))
    text = "the value is no category"
    hint = "categories are strings or whole numbers; probabilities need the field category on their column"
    return [Problem(f"{column.place}/{i}", "not_a_category", text, hint) for i in np.flatnonzero(wrong)[:LISTED]]


def _unknown(column: Answers, names: Sequence[str]) -> list[Problem]:
    labels = ordered(column.values)
    strange = [i for i, name in enumerate(labels.names) if name not in names]
    return [_unknown_at(f"{column.place}/{i}") for i in np.flatnonzero(np.isin(labels.codes, strange))[:LISTED]]


def _unknown_at(place: str) -> Problem:
    text, hint = "the plan names no such category", "names match exactly; leave out categories to use all there are"
    return Problem(place, "unknown_category", text, hint)


def _duplicates(names: Sequence[str]) -> list[Problem]:
    return [
        Problem(f"/plan/estimand/categories/{i}", "duplicate_category", "a category is listed twice", "list it once")
        for i, name in enumerate(names)
        if name in names[:i]
    ]


def _is_number(name: str) -> bool:
    return len(name) < LONGEST_NUMBER and name.isascii() and name.removeprefix("-").isdecimal()


def _by_value(name: str) -> tuple[int, str]:
    return int(name), name
