"""Missing LLM answers: who stays without one, what is filled in, and the column that says where.

Answers are never dropped where both humans and LLM-only units lack some: each column has one fill, applied alike to
both, and a refusal indicator becomes a further column. With the indicator among the columns the answer does not depend
on the fill; where it is too rare to carry a slope it does, a little.
Where every human that a pool stands beside has the answer, the indicator carries no slope, and what was filled in would
count as data: with m of the pool's T units filled by the mean the estimate is wrong by what those units would have
said, while its variance falls as 1/T. Such units are left out of the pool, and the probability that humans all have
answers by chance goes into the test of exchangeability.
Shapes: per column one array per arm (n,) and one per pool (m,) or None; NaN marks a missing answer.
Raises: ``no_usable_answers``, ``unsupported_combination`` (missing answers in a column whose population mean is known).
Source: White & Thompson (2005), Statistics in Medicine 24:993-1007 (missing indicators in trials); Fisher's exact test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from service.calibration.errors import Problem, Warned
from service.calibration.moments import FloatArray
from service.calibration.sample import Column


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """One column before filling: values per arm and per pool with NaN for missing; ``fill`` None means the mean.

    ``refusals`` False: the missing answers are marked by the refusal column of another column.
    """

    column: Column
    human: tuple[FloatArray, ...]
    llm_only: tuple[FloatArray | None, ...]
    fill: float | None = None
    refusals: bool = True


def column_problems(draft: DraftColumn) -> list[Problem]:
    """What makes the answers of a column impossible to use."""
    place = draft.column.pointer
    arrays = [*draft.human, *(a for a in draft.llm_only if a is not None)]
    if all(bool(np.isnan(a).all()) for a in draft.human):
        return [
            Problem(
                place,
                "no_usable_answers",
                "the LLM gave no answer for any human of this column",
                "send paired answers, or leave the column out",
            )
        ]
    missing = any(bool(np.isnan(a).any()) for a in arrays)
    if missing and draft.column.population_mean is not None:
        return [
            Problem(
                place,
                "unsupported_combination",
                "a column with a known population mean has missing answers",
                "supported: population_mean on complete columns, or missing answers without population_mean",
            )
        ]
    return []


def expanded(draft: DraftColumn) -> list[DraftColumn]:
    """The filled column and, where answers are missing, its refusal indicator."""
    marks_human = tuple(np.isnan(a) for a in draft.human)
    marks_only = tuple(None if a is None else np.isnan(a) for a in draft.llm_only)
    counts_human = tuple(int(m.sum()) for m in marks_human)
    counts_only = tuple(0 if m is None else int(m.sum()) for m in marks_only)
    column = replace(draft.column, n_missing_human=counts_human, n_missing_llm_only=counts_only)
    if not any(counts_human) and not any(counts_only):
        return [replace(draft, column=column)]
    present = np.concatenate([a[~np.isnan(a)] for a in (*draft.human, *draft.llm_only) if a is not None])
    fill = float(present.mean()) if draft.fill is None else draft.fill
    filled = replace(
        draft,
        column=column,
        human=tuple(np.where(m, fill, a) for m, a in zip(marks_human, draft.human, strict=True)),
        llm_only=tuple(
            None if a is None or m is None else np.where(m, fill, a)
            for m, a in zip(marks_only, draft.llm_only, strict=True)
        ),
    )
    if not draft.refusals:
        return [filled]
    name = f"{draft.column.name} (no answer)"
    refusal = DraftColumn(
        replace(draft.column, name=name, kind="refusal", population_mean=None, icc=None, category=None),
        tuple(m.astype(np.float64) for m in marks_human),
        tuple(None if m is None else m.astype(np.float64) for m in marks_only),
    )
    return [filled, refusal]


def lacking(columns: Sequence[DraftColumn], arms: Sequence[int], pool: int, size: int) -> NDArray[np.bool_]:
    """The LLM-only units (m,) of a pool that lack an answer which every human of these arms has."""
    found = np.zeros(size, dtype=bool)
    for column in columns:
        only = column.llm_only[pool]
        if only is not None and not any(bool(np.isnan(column.human[d]).any()) for d in arms):
            found |= np.isnan(only)
    return found


def by_chance(left_out: int, stayed: int, humans: int) -> float:
    """The probability that chance leaves all units without an answer among the LLM-only ones, C(m, a) / C(n + m, a).

    a units of m = a + ``stayed`` are left out, none of n humans (Fisher's exact test, one-sided).
    """
    n, m, a = humans, stayed + left_out, left_out
    return exp(gammaln(m + 1) - gammaln(m - a + 1) - gammaln(n + m + 1) + gammaln(n + m - a + 1))


def filled_answers(columns: Sequence[DraftColumn]) -> list[Warned]:
    """The warnings about answers that were filled in, one for each refusal column."""
    return [
        Warned(
            "missing_llm_answers",
            f"{sum(c.column.n_missing_human) + sum(c.column.n_missing_llm_only)} LLM answers are missing; they were "
            "filled alike everywhere and a refusal column was added",
            c.column.pointer,
        )
        for c in columns
        if c.column.kind in ("prediction", "imputed")
        and c.refusals
        and (any(c.column.n_missing_human) or any(c.column.n_missing_llm_only))
    ]


def left_out(columns: Sequence[DraftColumn], count: int) -> list[Warned]:
    """The warning about LLM-only units that were left out, at the first column of which some had no answer."""
    if not count:
        return []
    pointer = next(c.column.pointer for c in columns if any(a is not None and np.isnan(a).any() for a in c.llm_only))
    text = (
        f"{count} LLM-only units lack an LLM answer that every human has, so nothing is known of units whom the LLM "
        "refuses; they were left out"
    )
    return [Warned("llm_only_left_out", text, pointer)]
