"""The ``moments`` layout: per arm count, mean and covariance of (outcome, predictions); no row leaves the lab.

Entries that name the same arm are merged exactly as if their rows had been sent together.
Shapes: mean (1 + p,) and covariance (1 + p, 1 + p) per arm, (p,) and (p, p) for LLM-only units, divisor n - 1.
Raises: ``duplicate_column``, ``unknown_arm``, ``length_mismatch``, ``not_a_covariance``, ``too_few_humans``,
``no_variation``, ``not_finite``, ``prediction_design_required``, ``llm_only_arm``, ``missing_arm``.
Source: Chan, Golub & LeVeque (1983), The American Statistician 37(3), for merging. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.errors import InvalidSample, Problem, Warned
from service.calibration.layouts.draft import FEW_HUMANS, FEWEST_HUMANS
from service.calibration.layouts.values import LARGEST
from service.calibration.least_squares import SMALLEST_SPREAD
from service.calibration.moments import FloatArray, Moments, merge, of_covariance
from service.calibration.sample import Column, PredictionDesign, Sample

SYMMETRY = 1e-9


@dataclass(frozen=True, slots=True)
class Entry:
    """One set of units as sent; ``arm`` None for LLM-only units of a shared pool."""

    arm: str | None
    n: int
    mean: FloatArray
    covariance: FloatArray


@dataclass(frozen=True, slots=True)
class MomentData:
    """A ``moments`` request: prediction columns as (model, arm), entries of humans by arm and of LLM-only units."""

    columns: tuple[tuple[str, str | None], ...]
    arms: tuple[Entry, ...]
    llm_only: tuple[Entry, ...] = ()
    prediction_design: PredictionDesign | None = None


def from_moments(data: MomentData, *, analysable: bool = True) -> Sample:
    """The sample of a ``moments`` request; unless ``analysable``, arms may have few humans or constant answers."""
    names = tuple(dict.fromkeys(e.arm for e in data.arms if e.arm is not None))
    p = len(data.columns)
    problems = [q for i, e in enumerate(data.arms) for q in _entry_problems(e, f"/data/arms/{i}", p + 1)]
    problems += [q for i, e in enumerate(data.llm_only) for q in _entry_problems(e, f"/data/llm_only/{i}", p)]
    problems += _structure_problems(data, names)
    if problems:
        raise InvalidSample(problems)
    human = tuple(merge([_moments(e) for e in data.arms if e.arm == name]) for name in names)
    pointers = tuple(f"/data/arms/{next(i for i, e in enumerate(data.arms) if e.arm == name)}" for name in names)
    problems = [q for m, place in zip(human, pointers, strict=True) for q in _human_problems(m, place)]
    if analysable and problems:
        raise InvalidSample(problems)
    shared = data.prediction_design == "shared" and len(names) > 1
    pools = (
        [list(data.llm_only)]
        if shared or len(names) == 1
        else [[e for e in data.llm_only if e.arm == a] for a in names]
    )
    return Sample(
        arms=names,
        prediction_design=data.prediction_design or "independent",
        columns=_columns(data, len(names), len(pools)),
        human=human,
        llm_only=tuple(merge([_moments(e) for e in pool]) if pool and p else None for pool in pools),
        pointers=pointers,
        warnings=tuple(
            Warned("few_humans", f"arm {name!r} has {m.n} human answers, fewer than {FEW_HUMANS}", place)
            for name, m, place in zip(names, human, pointers, strict=True)
            if m.n < FEW_HUMANS
        ),
    )


def _columns(data: MomentData, n_arms: int, n_pools: int) -> tuple[Column, ...]:
    return tuple(
        Column(
            model if arm is None else f"{model} under {arm}",
            "prediction",
            model,
            arm,
            n_missing_human=(0,) * n_arms,
            n_missing_llm_only=(0,) * n_pools,
            pointer=f"/data/predictions/{j}",
        )
        for j, (model, arm) in enumerate(data.columns)
    )


def _moments(entry: Entry) -> Moments:
    return of_covariance(entry.n, entry.mean, entry.covariance)


def _entry_problems(entry: Entry, place: str, k: int) -> list[Problem]:
    if entry.mean.shape != (k,):
        text = f"{entry.mean.shape[0]} means, {k} are needed"
        return [Problem(f"{place}/mean", "length_mismatch", text, "the outcome first, then the predictions as listed")]
    if entry.covariance.shape != (k, k):
        text, hint = f"the covariance is not {k} by {k}", "one row and one column per mean, in the same order"
        return [Problem(f"{place}/covariance", "length_mismatch", text, hint)]
    problems = []
    for name, values in (("mean", entry.mean), ("covariance", entry.covariance)):
        if not bool((np.abs(values) <= (LARGEST if name == "mean" else LARGEST**2)).all()):
            problems.append(Problem(f"{place}/{name}", "not_finite", "a number is missing, infinite or too large", ""))
    if not problems and not _is_covariance(entry.covariance):
        text, hint = "the matrix is not a covariance", "it must be symmetric with no negative eigenvalue"
        problems.append(Problem(f"{place}/covariance", "not_a_covariance", text, hint))
    return problems


def _is_covariance(matrix: FloatArray) -> bool:
    if matrix.size == 0:
        return True
    spread = np.sqrt(np.abs(np.diag(matrix)))
    if bool((np.diag(matrix) < 0.0).any()):
        return False
    scaled = matrix / np.where(spread > 0.0, spread, 1.0)[:, None] / np.where(spread > 0.0, spread, 1.0)[None, :]
    if float(np.abs(scaled - scaled.T).max()) > SYMMETRY:
        return False
    return bool(np.linalg.eigvalsh((scaled + scaled.T) / 2.0)[0] > -SYMMETRY * matrix.shape[0])


def _structure_problems(data: MomentData, names: Sequence[str]) -> list[Problem]:
    problems = []
    if not names:
        problems.append(Problem("/data/arms", "no_arms", "there is no arm", "send at least one arm"))
    if len(names) > 1 and data.prediction_design is None:
        text, hint = "two or more arms need a prediction design", '"shared" or "independent"'
        problems.append(Problem("/data/prediction_design", "prediction_design_required", text, hint))
    shared = data.prediction_design == "shared"
    undecided = len(names) > 1 and data.prediction_design is None
    for j, (_, arm) in enumerate(data.columns):
        place = f"/data/predictions/{j}"
        if data.columns[j] in data.columns[:j]:
            problems.append(
                Problem(place, "duplicate_column", "another column has the same model and arm", "list it once")
            )
        if arm is not None and arm not in names:
            problems.append(Problem(f"{place}/arm", "unknown_arm", "the data has no arm of this name", "match exactly"))
        elif arm is not None and not shared and not undecided:
            text = "under independent predictions a unit's prediction is for its own arm"
            problems.append(
                Problem(f"{place}/arm", "arm_not_allowed", text, "leave out arm, or use shared predictions")
            )
    for i, entry in enumerate(() if undecided else data.llm_only):
        problems += _pool_problems(entry, f"/data/llm_only/{i}/arm", names, shared=shared)
    return problems


def _pool_problems(entry: Entry, place: str, names: Sequence[str], *, shared: bool) -> list[Problem]:
    if entry.arm is not None and entry.arm not in names:
        return [Problem(place, "unknown_arm", "the data has no arm of this name", "names match exactly")]
    if len(names) > 1 and shared and entry.arm is not None:
        return [
            Problem(place, "llm_only_arm", "LLM-only units have an arm although predictions are shared", "send null")
        ]
    if len(names) > 1 and not shared and entry.arm is None:
        return [
            Problem(place, "missing_arm", "LLM-only units have no arm although predictions are independent", "name it")
        ]
    return []


def _human_problems(joint: Moments, place: str) -> list[Problem]:
    if joint.n < FEWEST_HUMANS:
        text = f"{joint.n} human answers, at least {FEWEST_HUMANS} are needed in every arm"
        return [Problem(f"{place}/n", "too_few_humans", text, "collect more human answers")]
    if float(joint.scatter[0, 0]) <= (1e-14 * abs(float(joint.mean[0]))) ** 2 + SMALLEST_SPREAD**2:
        text = "all human answers of this arm are the same, so their uncertainty cannot be estimated"
        return [Problem(f"{place}/covariance/0/0", "no_variation", text, "collect more answers")]
    return []
