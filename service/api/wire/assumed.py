"""The ``assumed`` basis of a design on the wire: stated quantities, by model and by arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np

from service.api.wire.columns import Name
from service.api.wire.plan import NamedContrast
from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.groups import MOST_MODELS, too_many_models
from service.calibration.designs.joint import Basis
from service.calibration.errors import Problem, token
from service.calibration.layouts.arrays import MODEL
from service.calibration.moments import FloatArray

Correlation = Annotated[float, msgspec.Meta(ge=-1, le=1)]
Spread = Annotated[float, msgspec.Meta(ge=1e-9, le=1e12)]
ByModel = Correlation | dict[Name, Correlation]
Between = Correlation | dict[Name, dict[Name, Correlation]]


class ArmAssumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What differs in one arm."""

    outcome_sd: Spread | None = None
    ppi_correlation: ByModel | None = None
    model_correlation: Between | None = None


class AssumedBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="assumed", tag_field="kind"):
    """Stated quantities; ``outcome_sd`` is 1 by default, ``model_correlation`` is required with several models."""

    ppi_correlation: ByModel
    outcome_sd: Spread | None = None
    model_correlation: Between | None = None
    arm_correlation: Correlation | None = None
    arms: dict[Name, ArmAssumed] | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """The basis with what the rest of the request says of arms and models; ``priced`` are the models with a price."""

    basis: AssumedBasis
    arms: tuple[str, ...]
    prediction_design: Literal["shared", "independent"] | None
    identification: Literal["randomization", "exchangeability"]
    contrasts: tuple[NamedContrast, ...]
    priced: tuple[str, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """The models: those with a stated correlation, else those with a price, else the one LLM."""
        stated = self.basis.ppi_correlation
        return (tuple(stated) if isinstance(stated, dict) else self.priced) or (MODEL,)


def problems_of(stated: Stated) -> list[Problem]:
    """What is missing or names something unknown; numbers are checked by the core."""
    basis, problems, arms = stated.basis, [], frozenset(stated.arms)
    if len(stated.models) > MOST_MODELS:
        place = "/basis/ppi_correlation" if isinstance(basis.ppi_correlation, dict) else "/costs/llm"
        return [too_many_models(len(stated.models), place)]
    if len(stated.arms) == 1 or len(arms) < len(stated.arms):
        problems.append(Problem("/arms", "bad_arms", "one arm, or an arm twice", "two or more names, or leave it out"))
    if stated.arms and stated.prediction_design is None:
        text, hint = "two or more arms need a prediction design", '"shared" or "independent"'
        problems.append(Problem("/prediction_design", "prediction_design_required", text, hint))
    for name in basis.arms or {}:
        if name not in arms:
            place = f"/basis/arms/{token(name)}"
            problems.append(Problem(place, "unknown_arm", "arms has no such name", "names match exactly"))
    for i, contrast in enumerate(stated.contrasts):
        problems += [
            Problem(f"/contrasts/{i}/weights/{token(a)}", "unknown_arm", "arms has no such name", "match exactly")
            for a in contrast.weights
            if a not in arms
        ]
    for arm, exceptions in _by_arm(stated):
        problems += _model_problems(stated, arm, exceptions)
    return problems


def stated_basis(stated: Stated) -> Basis:
    """The core's basis; raises what the core finds wrong with the numbers."""
    basis, arms = stated.basis, [exceptions for _, exceptions in _by_arm(stated)]
    weights = [[c.weights.get(a, 0.0) for a in stated.arms] for c in stated.contrasts]
    return assumed_basis(
        Assumed(
            models=stated.models,
            outcome_sd=np.array([arm.outcome_sd or basis.outcome_sd or 1.0 for arm in arms]),
            ppi_correlation=np.array([_per_model(stated, _either(arm, basis)) for arm in arms]),
            model_correlation=np.array([_matrix(stated.models, _between(arm, basis)) for arm in arms]),
            arms=stated.arms,
            prediction_design=stated.prediction_design or "single" if stated.arms else "single",
            arm_correlation=basis.arm_correlation,
            identification=stated.identification,
            contrasts=np.array(weights) if weights else None,
        )
    )


def _by_arm(stated: Stated) -> list[tuple[str | None, ArmAssumed]]:
    exceptions: Mapping[str, ArmAssumed] = stated.basis.arms or {}
    if not stated.arms:
        return [(None, ArmAssumed())]
    return [(arm, exceptions.get(arm, ArmAssumed())) for arm in stated.arms]


def _either(arm: ArmAssumed, basis: AssumedBasis) -> float | dict[str, float]:
    return basis.ppi_correlation if arm.ppi_correlation is None else arm.ppi_correlation


def _between(arm: ArmAssumed, basis: AssumedBasis) -> float | dict[str, dict[str, float]] | None:
    return basis.model_correlation if arm.model_correlation is None else arm.model_correlation


def _per_model(stated: Stated, given: float | dict[str, float]) -> list[float]:
    return [given[m] if isinstance(given, dict) else given for m in stated.models]


def _matrix(models: Sequence[str], given: float | dict[str, dict[str, float]] | None) -> FloatArray:
    matrix = np.eye(len(models))
    for i, one in enumerate(models):
        for j, other in enumerate(models[:i]):
            value = given if isinstance(given, float | int) else _pair(given, one, other)
            matrix[i, j] = matrix[j, i] = np.nan if value is None else value
    return matrix


def _pair(given: dict[str, dict[str, float]] | None, one: str, other: str) -> float | None:
    nested = given or {}
    return nested.get(one, {}).get(other, nested.get(other, {}).get(one))


def _model_problems(stated: Stated, arm: str | None, exceptions: ArmAssumed) -> list[Problem]:
    place = "/basis" if arm is None or arm not in (stated.basis.arms or {}) else f"/basis/arms/{token(arm)}"
    given, problems = _either(exceptions, stated.basis), []
    if isinstance(given, dict) and set(given) != set(stated.models):
        text, hint = "not exactly the models of this design", "one correlation for each model"
        problems.append(Problem(f"{place}/ppi_correlation", "unknown_model", text, hint))
    if np.isnan(_matrix(stated.models, _between(exceptions, stated.basis))).any():
        text, hint = "several models need the correlation of every pair", "a number for all, or a nested object"
        problems.append(Problem("/basis/model_correlation", "missing_model_correlation", text, hint))
    return problems
