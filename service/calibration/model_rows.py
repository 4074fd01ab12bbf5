"""The units of a sample as a model sees them: terms with intercept and arms, answers in their own scale, weights.

Formula: x = (1, terms, 1{arm = a_1}, ..) with the first arm as reference. The pool of ``shared`` predictions holds
every unit under every arm d, with the LLM's answer and the terms of d and the weight q_i e_d, e_d the share of humans.
Shapes: n humans, M units of the pool, D arms, k terms, p columns.
Units: answers and terms in the caller's scale (``Sample.origin`` and ``Column.origin`` added back).
Raises: ``constant_term`` (one arm where arms are terms).
Source: statistics of the design are those of ``pools`` and ``strata``; the layout is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration import pools
from service.calibration.errors import InvalidPlan
from service.calibration.influence import Design
from service.calibration.moments import FloatArray, IntArray
from service.calibration.plan import Identification, Model
from service.calibration.sample import Column, Sample, Units

INTERCEPT = "intercept"


@dataclass(frozen=True, slots=True)
class Slot:
    """One control variate: which columns hold it under each arm, and whether it is an LLM's answer to the outcome.

    ``columns`` has one tuple per arm: one column, or those of all categories but the first.
    """

    column: Column
    columns: tuple[tuple[int, ...], ...]
    answer: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """Units on the model's side: design, columns (p, n), weights (n,) of a fit, clusters (n,), arms (n,).

    ``survey`` are weights, ``probability`` those of being sampled, ``stratum`` strata by number, or None.
    """

    design: Design
    c: FloatArray
    weight: FloatArray
    cluster: IntArray
    arm: IntArray
    survey: FloatArray | None = None
    probability: FloatArray | None = None
    stratum: IntArray | None = None

    @property
    def standing(self) -> IntArray | slice:
        """The rows that stand for a unit: the first of every choice set, or all."""
        sets = self.design.choice_set
        return slice(None) if sets is None else np.sort(np.unique(sets, return_index=True)[1])

    def of(self, rows: IntArray | slice) -> Rows:
        """The same of some of the rows."""
        sets = self.design.choice_set
        return Rows(
            design=replace(self.design, x=self.design.x[:, rows], choice_set=None if sets is None else sets[rows]),
            c=self.c[:, rows],
            weight=self.weight[rows],
            cluster=self.cluster[rows],
            arm=self.arm[rows],
            survey=None if self.survey is None else self.survey[rows],
            probability=None if self.probability is None else self.probability[rows],
            stratum=None if self.stratum is None else self.stratum[rows],
        )


@dataclass(frozen=True, slots=True)
class PoolRows:
    """The pool: every member under the arms it stands for, ``parts`` (one, or one per arm), with their ``shares``.

    ``given``: the members stand beside the humans' own rows (``shared``); else the humans' rows are part of the pool,
    with ``human_weight`` (n,), and ``parts`` holds the others. ``weight`` (M,) are survey weights, or None.
    """

    parts: tuple[Rows, ...]
    shares: FloatArray
    human_weight: FloatArray
    given: bool
    weight: FloatArray | None

    @property
    def size(self) -> int:
        """Number of units M."""
        return self.parts[0].weight.shape[0] if self.parts else 0

    @property
    def standing(self) -> IntArray | slice:
        """The members' rows that stand for a unit, as of ``Rows``."""
        return self.parts[0].standing if self.parts else slice(None)

    def of(self, rows: IntArray | slice) -> PoolRows:
        """The same of some of the members."""
        parts = tuple(part.of(rows) for part in self.parts)
        return replace(self, parts=parts, weight=None if self.weight is None else self.weight[rows])


def slots(sample: Sample) -> tuple[Slot, ...]:
    """The control variates of a sample: each LLM's own answer, then everything else that is known of a unit."""
    found, taken = [], set()
    for model in sample.models:
        own = [_own(sample, model, arm) for arm in sample.arms]
        if all(own):
            found.append(Slot(sample.columns[own[0][0]], tuple(own), answer=True))
            taken |= {j for columns in own for j in columns}
    taken |= {j for j, column in enumerate(sample.columns) if column.kind == "imputed"}
    rest = [j for j in range(len(sample.columns)) if j not in taken]
    return (*found, *(Slot(sample.columns[j], ((j,),) * len(sample.arms), answer=False) for j in rest))


def _own(sample: Sample, model: str, arm: str) -> tuple[int, ...]:
    mine = [(j, c.arm) for j, c in enumerate(sample.columns) if c.kind == "prediction" and c.model == model]
    return tuple([j for j, asked in mine if asked == arm] or [j for j, asked in mine if asked is None])


@dataclass(frozen=True, slots=True)
class Everyone:
    """The humans' own rows and then the pool's parts, one behind the other in one design and one block of columns.

    ``human`` and ``pool`` are views of them; ``weight`` (n + parts x M,) are those of a fit over the pool.
    """

    design: Design
    c: FloatArray
    weight: FloatArray
    arm: IntArray
    human: Rows
    pool: PoolRows

    def designed(self, design: Design) -> Everyone:
        """The same on what a statistic made of the humans' design, whose terms it kept."""
        whole = replace(design, x=self.design.x, choice_set=self.design.choice_set, leverage=False)
        return replace(self, design=whole, human=replace(self.human, design=design))


def everyone(sample: Sample, model: Model, identification: Identification) -> Everyone:
    """The humans, weighted for the human fit (w, or w / pi under known sampling probabilities), and their pool."""
    humans = [u for u in sample.human if isinstance(u, Units)]
    members = _members(sample, humans, identification)
    groups = [list(enumerate(humans)), *members.groups]
    design, c, arm = _stacked(sample, model, [source for group in groups for source in group])
    ends = np.cumsum([sum(u.n for _, u in group) for group in groups]).tolist()
    spans = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    fit_weight = pools.joined([_fit_weight(u, identification) for u in humans])
    own = fit_weight if fit_weight.strides == (0,) else fit_weight / fit_weight.mean()
    each = [own, *[members.weight] * len(members.groups)]
    rows = [
        _viewed((design, c, arm), group, span, weight) for group, span, weight in zip(groups, spans, each, strict=True)
    ]
    sent = [u.sampling_probability for u in humans if u.sampling_probability is not None]
    survey, probability = _survey(humans, weighted=sample.weighted), np.concatenate(sent) if sent else None
    pool = PoolRows(tuple(rows[1:]), members.shares, members.human_weight, members.given, members.survey)
    weights = [0.0 * own if members.given else members.human_weight]
    weights += [members.weight * share for share in members.shares.tolist()] if members.given else [members.weight]
    return Everyone(
        design=replace(design, choice_set=_told_apart(rows), leverage=False),
        c=c,
        weight=pools.joined(weights),
        arm=arm,
        human=replace(rows[0], survey=survey, probability=probability),
        pool=pool,
    )


@dataclass(frozen=True, slots=True)
class _Members:
    """Who is in the pool: its sources under each arm they stand for, and what ``PoolRows`` says of them."""

    groups: tuple[list[tuple[int, Units]], ...]
    shares: FloatArray
    weight: FloatArray
    human_weight: FloatArray
    given: bool
    survey: FloatArray | None


def _members(sample: Sample, humans: list[Units], identification: Identification) -> _Members:
    only = [u for u in sample.llm_only if isinstance(u, Units)]
    if sample.shared and identification == "randomization":
        only = []
    weights = _pool_weights(humans, only, frame=identification == "sampling")
    own, one = pools.joined(weights[: len(humans)]), np.ones(1)
    if not sample.shared:
        at = [d for d, u in enumerate(sample.llm_only) if isinstance(u, Units)]
        pooled = [list(zip(at, only, strict=True))] if only else []
        others = pools.joined(weights[len(humans) :]) if only else np.zeros(0)
        survey = _survey(only, weighted=sample.weighted) if only else None
        return _Members(tuple(pooled), one, others, own, given=False, survey=survey)
    all_units, whole = [*humans, *only], pools.joined(weights)
    fit_weights = [_fit_weight(u, identification) for u in humans]
    shares = np.array([w.sum() for w in fit_weights]) / sum(float(w.sum()) for w in fit_weights)
    groups = tuple([(d, u) for u in all_units] for d in range(len(sample.arms)))
    return _Members(groups, shares, whole, own, given=True, survey=_survey(all_units, weighted=sample.weighted))


def _survey(units: list[Units], *, weighted: bool) -> FloatArray | None:
    return np.concatenate([pools.weight(u) for u in units]) if weighted else None


def _fit_weight(units: Units, identification: Identification) -> FloatArray:
    weight = pools.weight(units)
    if identification != "sampling":
        return weight
    assert units.sampling_probability is not None
    return np.asarray(weight / units.sampling_probability)


def _pool_weights(humans: list[Units], only: list[Units], *, frame: bool) -> list[FloatArray]:
    """Weights of the humans' and the others' rows in a fit over the pool, as ``pools`` weighs them."""
    groups = [[*humans, *only]] if frame else [humans, only]
    by_group = (pools.shares_of([pools.weight(u) for u in group], balanced=not frame) for group in groups if group)
    return [q for group in by_group for q in group]


def _stacked(sample: Sample, model: Model, sources: list[tuple[int, Units]]) -> tuple[Design, FloatArray, IntArray]:
    """Design, columns in the caller's scale (p, n) and arms (n,) of some sources, each under an arm."""
    arms = _repeated([d for d, _ in sources], [u.n for _, u in sources])
    c = np.concatenate([u.c for _, u in sources], axis=1)
    origins = np.array([column.origin for column in sample.columns]).reshape(-1, 1)
    if origins.any():
        c += origins
    return _design(sample, model, sources, arms), c, arms


def _repeated(numbers: Sequence[int], times: Sequence[int]) -> IntArray:
    """Every number so many times; one number alone fills no memory."""
    if len(set(numbers)) == 1:
        return np.broadcast_to(numbers[0], (sum(times),))
    return np.repeat(np.array(numbers), times)


def _viewed(
    stack: tuple[Design, FloatArray, IntArray], sources: list[tuple[int, Units]], at: slice, weight: FloatArray
) -> Rows:
    """The rows of one group of sources, ``at`` their place among all that are stacked."""
    design, c, arm = stack
    sets = design.choice_set
    own = replace(design, x=design.x[:, at], choice_set=None if sets is None else sets[at])
    strata = [u.stratum for _, u in sources if u.stratum is not None]
    stratum = np.concatenate(strata) if strata else None
    return Rows(own, c[:, at], weight, _clusters(sources), arm[at], stratum=stratum)


def _told_apart(rows: Sequence[Rows]) -> IntArray | None:
    """Choice sets of the humans' rows and of every part of the pool, told apart."""
    sets = [r.design.choice_set for r in rows if r.design.choice_set is not None]
    if not sets:
        return None
    step = 1 + max(int(s.max()) for s in sets)
    return np.concatenate([s + k * step for k, s in enumerate(sets)])


def _clusters(sources: list[tuple[int, Units]]) -> IntArray:
    """Given clusters, or every unit its own, by its number in the caller's data."""
    given = [u.cluster for _, u in sources if u.cluster is not None] or [u.row for _, u in sources if u.row is not None]
    if not given:
        return np.arange(sum(u.n for _, u in sources))
    return given[0] if len(given) == 1 else np.concatenate(given)


def _design(sample: Sample, model: Model, sources: list[tuple[int, Units]], arms: IntArray) -> Design:
    names, keys = [INTERCEPT], ["/plan/estimand"]
    baselines: list[str | None] = [None]
    names += [term.name for term in sample.terms]
    keys += [model.pointer(term.covariate) for term in sample.terms]
    baselines += [term.baseline for term in sample.terms]
    treated = sample.arms[1:] if model.treatment else ()
    if model.treatment and not treated:
        text, hint = "the data has one arm, so there is no treatment", "send a second arm, or leave out treatment"
        raise InvalidPlan.at("/plan/estimand/treatment", "too_few_arms", text, hint)
    names += [f"arm={name}" for name in treated]
    keys += ["/plan/estimand/treatment"] * len(treated)
    baselines += [f"arm={sample.arms[0]}"] * len(treated)
    x = np.empty((len(names), arms.shape[0]))
    x[0] = 1.0
    if sample.terms:
        np.concatenate([u.x for _, u in sources if u.x is not None], axis=1, out=x[1 : 1 + len(sample.terms)])
    for d in range(1, 1 + len(treated)):
        np.equal(arms, d, out=x[len(sample.terms) + d], casting="unsafe")
    sets = [u.choice_set for _, u in sources if u.choice_set is not None]
    return Design(
        x=x,
        names=tuple(names),
        keys=tuple(keys),
        choice_set=np.concatenate(sets) if sets else None,
        baselines=tuple(baselines),
        categories=sample.categories,
        interactions=tuple((model.pointer(a), model.pointer(b)) for a, b in model.interactions),
        arms=sample.arms,
    )
