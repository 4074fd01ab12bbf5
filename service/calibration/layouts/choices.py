"""The ``arrays`` layout where answers are categories: per arm what humans chose, what the LLM chose for them and alone.

Shapes: per arm human (n,), llm (n,), llm_only (m,) as numbers or labels; NaN or -1 marks a missing answer.
Raises: what ``arrays`` and ``categories`` raise.
Source: the layout ``arrays`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import InvalidSample, Problem
from service.calibration.layouts.arrays import (
    MODEL,
    arm_names,
    dropped_units,
    length_problem,
    missing_human,
    unpaired,
)
from service.calibration.layouts.categories import (
    Answers,
    Categories,
    agreed,
    codes,
    components,
    indicators,
    share_drafts,
)
from service.calibration.layouts.draft import Draft, Missing, finish
from service.calibration.layouts.labels import Labels, length
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.moments import FloatArray
from service.calibration.sample import Column, Sample

Choices = FloatArray | Labels


@dataclass(frozen=True, slots=True)
class ArmChoices:
    """One arm as sent: human (n,), llm (n,) or None, llm_only (m,) or None."""

    name: str
    human: Choices
    llm: Choices | None = None
    llm_only: Choices | None = None


def from_choices(arms: Sequence[ArmChoices], missing: Missing, categories: Categories) -> tuple[Sample, ...]:
    """One sample per category of an ``arrays`` request."""
    problems = [*arm_names([arm.name for arm in arms]), *unpaired([arm.llm is not None for arm in arms])]
    problems += [p for i, arm in enumerate(arms) for p in _problems(i, arm, missing)]
    columns = [
        Answers(values, f"/data/arms/{i}/{name}")
        for i, arm in enumerate(arms)
        for name, values in (("human", arm.human), ("llm", arm.llm), ("llm_only", arm.llm_only))
        if values is not None
    ]
    names, strange = agreed(categories, columns, [], "/data/arms") if arms else ((), [])
    problems += strange
    if problems:
        raise InvalidSample(problems)
    chosen = [codes(arm.human, names) for arm in arms]
    incomplete = missing == "response_propensity"
    keep = [(c >= 0) | incomplete for c in chosen]
    dropped = int(sum((~k).sum() for k in keep))
    draft = Draft(
        arms=tuple(arm.name for arm in arms),
        prediction_design="independent",
        outcome="y",
        y=tuple(np.where(c < 0, np.nan, c)[k] for c, k in zip(chosen, keep, strict=True)),
        columns=tuple(_columns(arms, names, keep)),
        pools=tuple(0 if arm.llm_only is None else length(arm.llm_only) for arm in arms),
        pointers=tuple(f"/data/arms/{i}/human" for i in range(len(arms))),
        n_dropped=dropped,
        warnings=dropped_units(dropped),
        categories=names,
        incomplete=incomplete,
    )
    return components(finish(draft), names)


def _columns(
    arms: Sequence[ArmChoices], names: tuple[str, ...], keep: Sequence[NDArray[np.bool_]]
) -> list[DraftColumn]:
    human, only = [], []
    for arm, kept in zip(arms, keep, strict=True):
        if arm.llm is None:
            return []
        human.append(indicators(codes(arm.llm, names), len(names))[:, kept])
        absent = arm.llm_only is None or not length(arm.llm_only)
        only.append(None if absent or arm.llm_only is None else indicators(codes(arm.llm_only, names), len(names)))
    return share_drafts(Column(MODEL, "prediction", MODEL, pointer="/data/arms/0/llm"), names, human, only)


def _problems(index: int, arm: ArmChoices, missing: Missing) -> list[Problem]:
    place = f"/data/arms/{index}"
    absent = arm.human.codes < 0 if isinstance(arm.human, Labels) else np.isnan(arm.human)
    found = missing_human(np.where(absent, np.nan, 0.0), f"{place}/human", missing)
    return found if arm.llm is None else [*found, *length_problem(length(arm.llm), length(arm.human), f"{place}/llm")]
