"""The arrays layout on the wire: one LLM, one outcome, one entry per arm."""

from __future__ import annotations

import msgspec

from service.api.wire.columns import Name, NumericColumn, entries, numeric
from service.calibration.errors import InvalidSample, Problem
from service.calibration.layouts import arrays
from service.calibration.layouts.draft import Missing
from service.calibration.sample import Sample


class ArrayArm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One arm: human answers, the LLM's answers for the same units in the same order, and LLM-only answers."""

    name: Name
    human: NumericColumn
    llm: NumericColumn | None = None
    llm_only: NumericColumn | None = None


class Arrays(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="arrays", tag_field="layout"):
    """The simple layout: one LLM, one outcome, independent predictions."""

    arms: list[ArrayArm]


def to_core(data: Arrays, missing: Missing) -> Sample:
    """The sample; raises ``InvalidSample`` with every problem."""
    problems: list[Problem] = []
    read = []
    for i, arm in enumerate(data.arms):
        place = f"/data/arms/{i}"
        human = numeric(arm.human, f"{place}/human", problems)
        llm = None if arm.llm is None else numeric(arm.llm, f"{place}/llm", problems)
        only = None if arm.llm_only is None else numeric(arm.llm_only, f"{place}/llm_only", problems)
        read.append(arrays.ArmArrays(arm.name, human, llm, only))
    if problems:
        raise InvalidSample(problems)
    return arrays.from_arrays(read, missing)


def numbers(data: Arrays) -> int:
    """How many numbers the data holds."""
    return sum(entries(c) for arm in data.arms for c in (arm.human, arm.llm, arm.llm_only))


def shape(_data: Arrays) -> tuple[int, int]:
    """Number of columns and of models."""
    return 1, 1


def arms(data: Arrays) -> tuple[int, str]:
    """Number of arms, and where they stand."""
    return len({arm.name for arm in data.arms}), "/data/arms"
