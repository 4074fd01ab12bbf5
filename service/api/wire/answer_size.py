"""Bytes of a calibration's answer, estimated before it is computed: names stand in it many times.

Formula: of each sample, every estimate has its name, outcome, component, subgroup, models and alternatives, every arm
the same and all prediction columns with their names. Names count as they are encoded, a component as two of its parts.
Assumes: nothing of the numbers, which count by their longest text. Breaks: warnings count by a fixed number per column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from service.calibration.errors import TooExpensive
from service.calibration.estimators import ESTIMATORS
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from service.calibration.samples import blocks_of, counted

LIMIT = 6.4e7
"""Bytes of one answer."""
ESTIMATE, MODEL, ALTERNATIVE, ARM, PREDICTION, COLUMN, WEIGHT = 1300, 300, 450, 650, 170, 250, 26
PASSPORT, UNANSWERED = 2600, 1100  # of the whole answer; of an estimate or arm where people did not answer
REDUCE = "fewer outcomes, subgroups, contrasts or prediction columns, or shorter names"


def refuse_long(samples: Sequence[Sample], plan: Plan) -> None:
    """TooExpensive for an answer of more than ``LIMIT`` bytes."""
    size = answer_bytes(samples, plan)
    if size > LIMIT:
        text = f"the answer would have about {size / 1e6:.3g} MB, the limit is {LIMIT / 1e6:g} MB"
        raise TooExpensive.at("", "too_expensive", text, REDUCE)


def answer_bytes(samples: Sequence[Sample], plan: Plan) -> float:
    """About how many bytes the answer has, rather too many."""
    outcomes = _longest(name for block in blocks_of(samples) for name in block.outcomes)
    told = len(plan.contrasts or ()) or len(samples[0].arms)  # every contrast with the weights of all arms, once
    weights = told * sum(WEIGHT + _longest([arm]) for arm in samples[0].arms)
    return PASSPORT + weights + sum(count * _of(sample, plan, outcomes) for sample, count in counted(samples))


def _of(sample: Sample, plan: Plan, longest_outcome: int) -> float:
    coefficients, drawn = _coefficients(sample, plan), len(plan.quantiles or (0,))
    contrasts = len(sample.arms if plan.contrasts is None else plan.contrasts)
    arm = _longest(sample.arms)
    component = _component(sample, plan)
    shared = max(longest_outcome, _longest([sample.outcome])) + component + _longest([sample.subgroup])
    columns = [c for c in sample.columns if c.kind == "prediction"]
    models = sum(MODEL + _longest([name]) for name in sample.models)
    contrast = 6 * arm if plan.contrasts is None else 2 * _longest(c.name for c in plan.contrasts)
    estimate = ESTIMATE + shared + contrast + models + (len(ESTIMATORS) * ALTERNATIVE if plan.compare else 0)
    crossed = coefficients if plan.model is not None and plan.model.cross else 1
    predictions = sum(PREDICTION + _longest([c.model]) + _longest([c.arm]) + _longest([c.category]) for c in columns)
    told = sum(COLUMN + _longest([c.pointer]) + _longest([c.model]) for c in columns)
    arms = coefficients or drawn * len(sample.arms)
    if sample.unanswered:
        estimate, shared = estimate + shared + contrast + UNANSWERED, 2 * shared + arm + UNANSWERED
    return (coefficients or drawn * contrasts) * estimate + arms * (ARM + shared + arm + crossed * predictions) + told


def _coefficients(sample: Sample, plan: Plan) -> int:
    """Coefficients of a model (and of every category but one, each a sample); of attributes the means of levels too."""
    if plan.model is None:
        return 0
    levels = Counter(term.covariate for term in sample.terms)
    pairs = sum((levels[a] + 1) * (levels[b] + 1) for a, b in plan.model.interactions)
    means = len(sample.terms) + len(levels) + pairs if plan.model.called == "attributes" else 0
    return len(sample.terms) + len(sample.arms) + pairs + means


def _component(sample: Sample, plan: Plan) -> int:
    """The longest name of a component: a category and a term, or the two of an interaction."""
    term = _longest(term.name for term in sample.terms)
    pairs = 2 if plan.model is not None and plan.model.interactions else 1
    return 32 + _longest([*sample.categories, sample.component]) + pairs * term


def _longest(names: Iterable[str | None]) -> int:
    """Bytes of the longest name as JSON has it, quotes included."""
    return max((len(msgspec.json.encode(name)) for name in names if name is not None), default=4)
