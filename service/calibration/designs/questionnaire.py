"""Several questions or outcomes as one design problem: what is asked, and the market of all of it.

    separate   groups of every question, rows of each in its own block of means
    same       one set of groups, each with rows in the blocks of all questions

    worst          contrasts sqrt(w_q) t_q, one each
    weighted_sum   one contrast, (sqrt(w_1) t_1, .., sqrt(w_Q) t_Q)

**Shapes** Q questions; counts (G,) over the groups of all questions.
**Units** a weight multiplies a variance.
**Assumes** a question is estimated from its own predictions: blocks do not inform each other.
**Breaks** nothing known.
**Raises** InvalidPlan (bad_weight, duplicate_question), UnsupportedCombination (questions that no one sample can serve,
objectives of a sum), what market.py raises.
**Source** questions.py. **Differs** in nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from service.calibration.designs.answer import Minimised, Sharing
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.groups import Costs
from service.calibration.designs.interior_point import InformationTable, Matrix, Vector
from service.calibration.designs.joint import Basis
from service.calibration.designs.market import Market, market_of
from service.calibration.designs.objective import Aim, Objective
from service.calibration.errors import InvalidPlan, Problem, UnsupportedCombination

TARGETS = ("standard_error", "interval_width", "power")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its basis and prices, the weight of its variance, the effect to find (None: the aim's)."""

    name: str
    basis: Basis
    costs: Costs
    weight: float = 1.0
    effect: float | None = None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Questions, whether they share their units, and what is wanted of all of them together."""

    asked: tuple[Asked, ...]
    sample: Sharing
    minimise: Minimised
    objective: Objective
    constraints: Constraints = field(default_factory=Constraints)
    aim: Aim = field(default_factory=Aim)


@dataclass(frozen=True, slots=True)
class Whole:
    """The market of all questions, the questions' own, and the place of each one's groups in the whole."""

    market: Market
    each: tuple[Market, ...]
    places: tuple[slice, ...]


def whole_market(questionnaire: Questionnaire) -> Whole:
    """The questions' markets as one, in the order of the questions."""
    asked, limits = questionnaire.asked, questionnaire.constraints
    each = tuple(market_of(one.basis, _priced(questionnaire, one), limits) for one in asked)
    roots = np.sqrt(np.array([one.weight for one in asked]))
    if questionnaire.sample == "same":
        table = _stacked(
            [market.table for market in each], [[(q, g) for q in range(len(each))] for g in range(len(each[0].groups))]
        )
        contrasts = np.vstack([market.contrasts for market in each])
        market = replace(each[0], contrasts=contrasts, table=_weighed(table, roots, each, questionnaire.minimise))
        return Whole(market, each, (slice(None),) * len(each))
    arms, sizes = [market.joint.n_arms for market in each], [len(market.groups) for market in each]
    first, ends = np.cumsum([0, *arms]), np.cumsum([0, *sizes])
    groups = tuple(
        replace(group, arm=int(first[q]) + (group.arm or 0)) if group.human else group
        for q, market in enumerate(each)
        for group in market.groups
    )
    table = _stacked([market.table for market in each], [[(q, g)] for q, n in enumerate(sizes) for g in range(n)])
    D = int(first[-1])
    joint = replace(each[0].joint, arms=tuple(f"{d}" for d in range(D)), covariance=np.eye(D), columns=(), models=())
    market = replace(
        each[0],
        joint=joint,
        groups=groups,
        contrasts=_diagonal([market.contrasts for market in each]),
        table=_weighed(table, roots, each, questionnaire.minimise),
    )
    return Whole(market, each, tuple(slice(int(a), int(b)) for a, b in pairwise(ends)))


def _priced(questionnaire: Questionnaire, one: Asked) -> Costs:
    """A question's prices; on one sample, those of a unit that answers all questions."""
    if questionnaire.sample == "separate":
        return one.costs
    answers = tuple(float(sum(prices)) for prices in zip(*(q.costs.llm for q in questionnaire.asked), strict=True))
    return replace(one.costs, llm=answers)


def _stacked(tables: Sequence[InformationTable], groups: Sequence[Sequence[tuple[int, int]]]) -> InformationTable:
    """The tables as one, each with means of its own; a group has the rows of its (table, group of the table)."""
    blocks = [np.split(table.factors, table.starts[1:]) for table in tables]
    ends = np.cumsum([0, *(table.factors.shape[1] for table in tables)])
    factors: list[Matrix] = []
    heights = []
    for group in groups:
        for q, g in group:
            wide = np.zeros((blocks[q][g].shape[0], int(ends[-1])))
            wide[:, ends[q] : ends[q + 1]] = blocks[q][g]
            factors.append(wide)
        heights.append(sum(blocks[q][g].shape[0] for q, g in group))
    starts = np.cumsum([0, *heights[:-1]]).astype(np.intp)
    return InformationTable(np.concatenate(factors), starts, _diagonal([table.contrasts for table in tables]))


def _weighed(table: InformationTable, roots: Vector, each: Sequence[Market], minimise: Minimised) -> InformationTable:
    """The contrasts times the roots of their questions' weights; for the sum, all as one."""
    scaled = table.contrasts * np.repeat(roots, [market.contrasts.shape[0] for market in each])
    return replace(table, contrasts=scaled if minimise == "worst" else scaled.sum(axis=1, keepdims=True))


def _diagonal(blocks: Sequence[Matrix]) -> Matrix:
    height, width = np.sum([block.shape for block in blocks], axis=0)
    whole, row, column = np.zeros((height, width)), 0, 0
    for block in blocks:
        whole[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return whole


def check(questionnaire: Questionnaire) -> None:
    """Refuse questions that cannot be planned for, or not together, listing every problem."""
    asked, problems = questionnaire.asked, []
    names = [one.name for one in asked]
    for i, one in enumerate(asked):
        place = f"/basis/questions/{i}"
        if one.name in names[:i]:
            text = "another question has this name"
            problems.append(Problem(f"{place}/name", "duplicate_question", text, "name every question once"))
        if not (math.isfinite(one.weight) and one.weight > 0):
            text = "a weight is not a finite number above zero"
            problems.append(Problem(f"{place}/weight", "bad_weight", text, "leave out questions that do not count"))
        if one.effect is not None and not math.isfinite(one.effect):
            problems.append(Problem(f"{place}/effect", "not_finite", "the effect is not finite", "give a finite one"))
    if problems:
        raise InvalidPlan(problems)
    problems = [*_unlike(questionnaire), *_of_a_sum(questionnaire)]
    if problems:
        raise UnsupportedCombination(problems)


def _unlike(questionnaire: Questionnaire) -> list[Problem]:
    """Questions that one sample cannot serve: other arms, models or prediction design than the first's, or prices."""
    if questionnaire.sample == "separate":
        return []
    first, hint = questionnaire.asked[0], "ask them of separate samples, or describe them alike"
    problems = []
    for i, one in enumerate(questionnaire.asked):
        for name, get in _ALIKE:
            if get(one) != get(first):
                text = f"on one sample the questions share their {name}; this one differs from the first"
                problems.append(Problem(f"/basis/questions/{i}", "unsupported_combination", text, hint))
    return problems


_ALIKE: tuple[tuple[str, Callable[[Asked], object]], ...] = (
    ("arms", lambda one: one.basis.joint.arms),
    ("models", lambda one: one.basis.joint.models),
    ("prediction design", lambda one: one.basis.joint.prediction_design),
    ("identification", lambda one: one.basis.joint.identification),
    ("prices of humans and profiles", lambda one: (one.costs.human, one.costs.persona)),
)


def _of_a_sum(questionnaire: Questionnaire) -> list[Problem]:
    """What is asked of a weighted sum, or of several questions, that has no one meaning."""
    kind, problems = questionnaire.objective.kind, []
    offered = ("budget",) if questionnaire.minimise == "weighted_sum" else ("budget", *TARGETS)
    if kind not in offered:
        text = f"no objective {kind} for several questions minimised by {questionnaire.minimise}"
        problems.append(Problem("/objective/kind", "unsupported_combination", text, f"supported: {', '.join(offered)}"))
    limits, hint = questionnaire.constraints, "supported: min_human_per_arm, a budget, or one sample for all questions"
    if questionnaire.sample == "separate" and kind in TARGETS:
        text = "targets of separate questions are met one by one, without common limits"
        problems += [
            Problem(f"/constraints/{name}", "unsupported_combination", text, hint)
            for name in ("max_human", "max_llm_only")
            if getattr(limits, name) is not None
        ]
    if questionnaire.minimise == "weighted_sum":
        text, hint = "a weighted sum needs one contrast per question", 'state one contrast, or minimise "worst"'
        several = [one for one in questionnaire.asked if one.basis.contrasts.shape[0] > 1]
        problems += [Problem("/contrasts", "unsupported_combination", text, hint)] if several else []
    return problems
