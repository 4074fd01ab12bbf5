"""The ``data`` of a calibration request, gathered while a run goes on: one column per outcome, model, arm and draw.

Values are the expected value, the sampled one where nothing is expected; a ``choice`` gives the probability of every
option (``category``; a sampled choice 1 and 0), a ``multi_select`` one outcome of 0 and 1 per option (its probability
where the model states one). Missing and repaired answers, and declining where a number is asked for, are null.

**Shapes** one value per persona in every column. **Units** those of the codes; shares of 1 for categories.
**Assumes** items that have columns of numbers (``wire/checks.py``).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, nan

from service.gateway.answer import Answer
from service.gateway.cells import Planned
from service.gateway.study import Code, Item, Study
from service.gateway.wire.records import CalibrationData, PredictionColumn

Place = tuple[str, str, str | None, int, Code | None]
"""Outcome, model, arm (None where each persona has its own), replicate, category."""


@dataclass(frozen=True)
class CalibrationColumns:
    """The columns of one run, filled as answers come."""

    study: Study
    values: dict[Place, array[float]]

    def add(self, planned: Planned, item: Item, answer: Answer) -> None:
        """Enter one answered cell; repaired ones stay out."""
        if answer.status != "answered" or answer.repaired:
            return
        arm = planned.arm.name if _by_arm(self.study) else None
        for outcome, category, value in _entered(item, answer):
            place = (outcome, planned.model.name, arm, planned.replicate, category)
            self.values[place][planned.row] = value

    def data(self) -> CalibrationData:
        """The table; an LLM-only unit under crossed arms has no arm, a human one the arm its answer is from."""
        study = self.study
        arms = [p.arm if p.human or study.assignment == "assigned" else None for p in study.personas]
        several = len(study.arms) > 1
        return CalibrationData(
            layout="table",
            unit=[persona.unit_id for persona in study.personas],
            human=[persona.human for persona in study.personas],
            outcomes={name: [None] * len(study.personas) for item in study.items for name in outcomes_of(item)},
            predictions=[self._column(place) for place in self.values],
            arm=arms if several else None,
            prediction_design=("shared" if study.assignment == "crossed" else "independent") if several else None,
        )

    def _column(self, place: Place) -> PredictionColumn:
        outcome, model, arm, replicate, category = place
        values = [None if isnan(value) else value for value in self.values[place]]
        draw = replicate if self.study.elicitation.replicates > 1 else None
        named = None if category is None else str(category)  # the calibration API knows categories by name
        return PredictionColumn(outcome, model, values, arm, named, draw)


def empty_columns(study: Study) -> CalibrationColumns:
    """Every column of a study, in the order of its lists, with nothing in it yet."""
    arms: list[str | None] = [arm.name for arm in study.arms] if _by_arm(study) else [None]
    times = range(study.elicitation.replicates)
    places = (
        (outcome, model.name, arm, time, category)
        for item in study.items
        for outcome, category in _slots(item)
        for model in study.models
        for arm in arms
        for time in times
    )
    return CalibrationColumns(study, {place: _blank(len(study.personas)) for place in places})


def count_columns(study: Study) -> int:
    """How many prediction columns a study has."""
    slots = sum(1 for item in study.items for _ in _slots(item))
    return slots * len(study.models) * (len(study.arms) if _by_arm(study) else 1) * study.elicitation.replicates


def _blank(count: int) -> array[float]:
    return array("d", [nan]) * count


def _by_arm(study: Study) -> bool:
    """Whether a column is of one arm."""
    return study.assignment == "crossed" and len(study.arms) > 1


def outcomes_of(item: Item) -> list[str]:
    """The outcomes of an item: itself, or one per option."""
    if item.type != "multi_select":
        return [item.name]
    return [f"{item.name}.{option.code}" for option in item.options]


def _slots(item: Item) -> Iterator[tuple[str, Code | None]]:
    """Outcome and category of every column of an item."""
    if item.type == "choice":
        yield from ((item.name, option.code) for option in item.offered)
    else:
        yield from ((outcome, None) for outcome in outcomes_of(item))


def _entered(item: Item, answer: Answer) -> Iterator[tuple[str, Code | None, float]]:
    """Outcome, category and value of everything an answer says."""
    value, probabilities = answer.value, answer.probabilities
    if item.type == "choice":
        if probabilities is None and all(option.code != value for option in item.offered):
            return  # declined by the schema: no category was chosen
        for place, option in enumerate(item.offered):
            share = float(option.code == value) if probabilities is None else probabilities[place]
            yield item.name, option.code, share
    elif item.type == "multi_select":
        if isinstance(value, tuple):
            for place, option in enumerate(item.options):
                share = float(option.code in value) if probabilities is None else probabilities[place]
                yield f"{item.name}.{option.code}", None, share
    else:
        number = value if answer.expected is None and probabilities is None else answer.expected
        if isinstance(number, int | float):
            yield item.name, None, float(number)
