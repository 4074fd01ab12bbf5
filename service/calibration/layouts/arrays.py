"""The ``arrays`` layout: per arm one list of human answers, the paired LLM answers, and LLM-only answers.

Shapes: per arm human (n,), llm (n,), llm_only (m,); NaN marks a missing value. One LLM, named ``llm``; the design is
independent, so every arm is evaluated on its own pool.
Raises: ``duplicate_arm``, ``no_arms``, ``length_mismatch``, ``missing_human_answer``, ``no_paired_predictions``
and what ``draft`` raises.
Source: the layout ``arrays`` of openapi/calibration.json. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.errors import LISTED, InvalidSample, Problem, Warned
from service.calibration.layouts.draft import Draft, Missing, finish
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.values import value_problems
from service.calibration.moments import FloatArray
from service.calibration.sample import Column, Sample

MODEL = "llm"


@dataclass(frozen=True, slots=True)
class ArmArrays:
    """One arm as sent: human (n,), llm (n,) or None, llm_only (m,) or None; NaN for missing."""

    name: str
    human: FloatArray
    llm: FloatArray | None = None
    llm_only: FloatArray | None = None


def from_arrays(arms: Sequence[ArmArrays], missing: Missing = "error") -> Sample:
    """The sample of an ``arrays`` request; ``missing`` says what a missing human answer means."""
    problems = arm_names([arm.name for arm in arms])
    problems += [p for i, arm in enumerate(arms) for p in _problems(i, arm, missing)]
    paired = [arm.llm is not None for arm in arms]
    problems += unpaired(paired)
    if problems:
        raise InvalidSample(problems)
    incomplete = missing == "response_propensity"
    keep = [~np.isnan(arm.human) | incomplete for arm in arms]
    columns: tuple[DraftColumn, ...] = ()
    if all(paired):
        llm_only = tuple(None if arm.llm_only is None or not arm.llm_only.size else arm.llm_only for arm in arms)
        human = tuple(arm.llm[k] for arm, k in zip(arms, keep, strict=True) if arm.llm is not None)
        columns = (DraftColumn(Column(MODEL, "prediction", MODEL, pointer="/data/arms/0/llm"), human, llm_only),)
    dropped = int(sum((~k).sum() for k in keep))
    return finish(
        Draft(
            arms=tuple(arm.name for arm in arms),
            prediction_design="independent",
            outcome="y",
            y=tuple(arm.human[k] for arm, k in zip(arms, keep, strict=True)),
            columns=columns,
            pools=tuple(0 if arm.llm_only is None else int(arm.llm_only.size) for arm in arms),
            pointers=tuple(f"/data/arms/{i}/human" for i in range(len(arms))),
            n_dropped=dropped,
            warnings=dropped_units(dropped),
            incomplete=incomplete,
        )
    )


def dropped_units(count: int, pointer: str = "/data") -> tuple[Warned, ...]:
    """The warning that units without a human answer were left out, if any were."""
    if not count:
        return ()
    text = f"{count} units without a human answer were left out; the answer assumes they are missing at random"
    return (Warned("missing_human_dropped", text, pointer),)


def missing_human(values: FloatArray, pointer: str, missing: Missing) -> list[Problem]:
    """One problem per missing human answer, unless units are to be dropped."""
    if missing != "error":
        return []
    return [
        Problem(
            f"{pointer}/{i}",
            "missing_human_answer",
            "a human answer is missing",
            'send the answer, or set plan.missing to "drop_unit" to leave such units out, or to "response_propensity"',
        )
        for i in np.flatnonzero(np.isnan(values))[:LISTED]
    ]


def arm_names(names: Sequence[str]) -> list[Problem]:
    """One problem for no arm, or one per name that stands twice."""
    if not names:
        return [Problem("/data/arms", "no_arms", "there is no arm", "send at least one arm")]
    return [
        Problem(f"/data/arms/{i}/name", "duplicate_arm", "another arm has this name", "name every arm once")
        for i, name in enumerate(names)
        if name in names[:i]
    ]


def unpaired(paired: Sequence[bool]) -> list[Problem]:
    """One problem per arm without paired LLM answers where another arm has them."""
    return [
        Problem(f"/data/arms/{i}/llm", "no_paired_predictions", "this arm has no paired LLM answers, another has", "")
        for i, has in enumerate(paired)
        if not has and any(paired)
    ]


def length_problem(n_llm: int, n_human: int, place: str) -> list[Problem]:
    """The problem of LLM answers that are not paired one to one with human answers."""
    if n_llm == n_human:
        return []
    text = f"{n_llm} LLM answers for {n_human} human answers"
    hint = "llm is paired one to one with human; LLM answers without a human belong in llm_only"
    return [Problem(place, "length_mismatch", text, hint)]


def _problems(index: int, arm: ArmArrays, missing: Missing) -> list[Problem]:
    place = f"/data/arms/{index}"
    found = missing_human(arm.human, f"{place}/human", missing)
    for name, values in (("llm", arm.llm), ("llm_only", arm.llm_only)):
        if values is not None:
            found += value_problems(values, f"{place}/{name}")
    return found if arm.llm is None else [*found, *length_problem(arm.llm.size, arm.human.size, f"{place}/llm")]
