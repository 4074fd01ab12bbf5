"""The units of a sample as a model sees them: terms with intercept and arms, answers in their own scale, weights.

Formula: x = (1, terms, 1{arm = a_1}, ..) with the first arm as reference. The pool of ``shared`` predictions holds
every unit under every arm d, with the LLM's answer and the terms of d and the weight q_i e_d, e_d the share of humans.
Shapes: n humans, M units of the pool, D arms, k terms, p columns.
Units: answers and terms in the caller's scale (``Sample.origin`` and ``Column.origin`` added back).
Raises: ``constant_term`` (one arm where arms are terms).
Source: statistics of the design are those of ``pools`` and ``strata``; the layout is ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from service.calibration import pools
from service.calibration.errors import InvalidPlan
from service.calibration.influence import Design
from service.calibration.moments import FloatArray
from service.calibration.plan import Identification, Model
from service.calibration.sample import Column, IntArray, Sample, Units

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

    ``survey`` are weights as sent and ``probability`` those of being sampled, or None.
    """

    design: Design
    c: FloatArray
    weight: FloatArray
    cluster: IntArray
    arm: IntArray
    survey: FloatArray | None = None
    probability: FloatArray | None = None

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
    rest = [j for j in range(len(sample.columns)) if j not in taken]
    return (*found, *(Slot(sample.columns[j], ((j,),) * len(sample.arms), answer=False) for j in rest))


def _own(sample: Sample, model: str, arm: str) -> tuple[int, ...]:
    mine = [(j, c.arm) for j, c in enumerate(sample.columns) if c.kind == "prediction" and c.model == model]
    return tuple([j for j, asked in mine if asked == arm] or [j for j, asked in mine if asked is None])


def human_rows(sample: Sample, model: Model, identification: Identification) -> Rows:
    """The humans of all arms, weighted for the human fit: w, or w / pi under known sampling probabilities."""
    humans = [u for u in sample.human if isinstance(u, Units)]
    weight = np.concatenate([_fit_weight(u, identification) for u in humans])
    rows = _stacked(sample, model, list(enumerate(humans)), weight / weight.mean())
    sent = [u.sampling_probability for u in humans if u.sampling_probability is not None]
    survey = _survey(humans, weighted=sample.weighted)
    return replace(rows, survey=survey, probability=np.concatenate(sent) if sent else None)


def pool_rows(sample: Sample, model: Model, identification: Identification) -> PoolRows:
    """The pool that identifies, see ``PoolRows``."""
    humans = [u for u in sample.human if isinstance(u, Units)]
    only = [u for u in sample.llm_only if isinstance(u, Units)]
    if sample.shared and identification == "randomization":
        only = []
    frame = identification == "sampling"
    weights = _pool_weights(humans, only, frame=frame)
    own = np.concatenate(weights[: len(humans)])
    weighted = sample.weighted
    if not sample.shared:
        at = [d for d, u in enumerate(sample.llm_only) if isinstance(u, Units)]
        if not only:
            return PoolRows((), np.ones(1), own, given=False, weight=None)
        others = _stacked(sample, model, list(zip(at, only, strict=True)), np.concatenate(weights[len(humans) :]))
        return PoolRows((others,), np.ones(1), own, given=False, weight=_survey(only, weighted=weighted))
    everyone, whole = [*humans, *only], np.concatenate(weights)
    fit_weights = [_fit_weight(u, identification) for u in humans]
    shares = np.array([w.sum() for w in fit_weights]) / sum(float(w.sum()) for w in fit_weights)
    parts = tuple(_stacked(sample, model, [(d, u) for u in everyone], whole) for d in range(len(sample.arms)))
    return PoolRows(parts, shares, own, given=True, weight=_survey(everyone, weighted=weighted))


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


def _stacked(sample: Sample, model: Model, sources: list[tuple[int, Units]], weight: FloatArray) -> Rows:
    """Rows of some sources, each under an arm."""
    arms = np.concatenate([np.full(u.n, d) for d, u in sources])
    origins = np.array([c.origin for c in sample.columns]).reshape(-1, 1)
    return Rows(
        design=_design(sample, model, sources, arms),
        c=np.concatenate([u.c for _, u in sources], axis=1) + origins,
        weight=weight,
        cluster=_clusters(sources),
        arm=arms,
    )


def _clusters(sources: list[tuple[int, Units]]) -> IntArray:
    """Given clusters, or every unit its own, by its number in the caller's data."""
    given = [u.cluster for _, u in sources if u.cluster is not None] or [u.row for _, u in sources if u.row is not None]
    return np.concatenate(given) if given else np.arange(sum(u.n for _, u in sources))


def _design(sample: Sample, model: Model, sources: list[tuple[int, Units]], arms: IntArray) -> Design:
    n = arms.shape[0]
    names, keys, rows = [INTERCEPT], ["/plan/estimand"], [np.ones((1, n))]
    baselines: list[str | None] = [None]
    if sample.terms:
        rows.append(np.concatenate([u.x for _, u in sources if u.x is not None], axis=1))
        names += [term.name for term in sample.terms]
        keys += [model.pointer(term.covariate) for term in sample.terms]
        baselines += [term.baseline for term in sample.terms]
    if model.treatment:
        if len(sample.arms) < 2:
            text, hint = "the data has one arm, so there is no treatment", "send a second arm, or leave out treatment"
            raise InvalidPlan.at("/plan/estimand/treatment", "too_few_arms", text, hint)
        rows.append(np.equal(arms, np.arange(1, len(sample.arms))[:, None]).astype(np.float64))
        names += [f"arm={name}" for name in sample.arms[1:]]
        keys += ["/plan/estimand/treatment"] * (len(sample.arms) - 1)
        baselines += [f"arm={sample.arms[0]}"] * (len(sample.arms) - 1)
    sets = [u.choice_set for _, u in sources if u.choice_set is not None]
    x = np.concatenate(rows, axis=0)
    return Design(
        x=x,
        names=tuple(names),
        keys=tuple(keys),
        choice_set=np.concatenate(sets) if sets else None,
        baselines=tuple(baselines),
        categories=sample.categories,
        interactions=tuple((model.pointer(a), model.pointer(b)) for a, b in model.interactions),
    )
