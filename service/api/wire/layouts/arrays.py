"""The arrays layout on the wire: one LLM, one outcome, one entry per arm."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from service.api.wire.columns import MixedColumn, Name, answers, entries, numbers, used_values
from service.calibration.errors import InvalidSample, Problem
from service.calibration.layouts import arrays, choices
from service.calibration.layouts.draft import Missing
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.terms import term_problems
from service.calibration.sample import Sample

NO_COVARIATES = "layout arrays has no covariates: send layout table, which has them"


class ArrayArm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One arm: human answers, the LLM's answers for the same units in the same order, and LLM-only answers."""

    name: Name
    human: MixedColumn
    llm: MixedColumn | None = None
    llm_only: MixedColumn | None = None


class Arrays(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="arrays", tag_field="layout"):
    """The simple layout: one LLM, one outcome, independent predictions."""

    arms: list[ArrayArm]


def to_core(data: Arrays, missing: Missing, reading: Reading) -> tuple[Sample, ...]:
    """The sample, or one per category; raises ``InvalidSample`` with every problem."""
    problems = [replace(p, hint=NO_COVARIATES) for p in term_problems((), reading.model)]
    if reading.categories is None:
        read = [_numbers(arm, f"/data/arms/{i}", problems) for i, arm in enumerate(data.arms)]
        _raise(problems)
        return (arrays.from_arrays(read, missing),)
    chosen = [choices_of(arm, f"/data/arms/{i}", problems) for i, arm in enumerate(data.arms)]
    _raise(problems)
    return choices.from_choices(chosen, missing, reading.categories)


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise InvalidSample(problems)


def _numbers(arm: ArrayArm, place: str, problems: list[Problem]) -> arrays.ArmArrays:
    return arrays.ArmArrays(
        arm.name,
        numbers(arm.human, f"{place}/human", problems),
        None if arm.llm is None else numbers(arm.llm, f"{place}/llm", problems),
        None if arm.llm_only is None else numbers(arm.llm_only, f"{place}/llm_only", problems),
    )


def choices_of(arm: ArrayArm, place: str, problems: list[Problem]) -> choices.ArmChoices:
    """An arm's answers, categories or numbers; problems are appended."""
    return choices.ArmChoices(
        arm.name,
        answers(arm.human, f"{place}/human", problems, categories=True),
        None if arm.llm is None else answers(arm.llm, f"{place}/llm", problems, categories=True),
        None if arm.llm_only is None else answers(arm.llm_only, f"{place}/llm_only", problems, categories=True),
    )


def count(data: Arrays) -> int:
    """How many numbers the data holds."""
    return sum(entries(c) for arm in data.arms for c in (arm.human, arm.llm, arm.llm_only))


def shape(data: Arrays, *, categories: bool = False) -> tuple[int, int]:
    """Number of columns and of models."""
    if not categories:
        return 1, 1
    return max([1, *(used_values(c) for arm in data.arms for c in (arm.human, arm.llm) if c is not None)]), 1


def arms(data: Arrays) -> tuple[int, str]:
    """Number of arms, and where they stand."""
    return len({arm.name for arm in data.arms}), "/data/arms"
