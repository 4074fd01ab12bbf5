"""A contrast: a named linear combination of arm means, tau = sum_d t_d mu_d; and how a plan names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.errors import InvalidPlan, Problem, token
from service.calibration.moments import FloatArray
from service.calibration.plan import NamedContrast

TOLERANCE = 1e-9
SMALLEST = 1e-6  # squares of smaller weights would be lost beside the data


@dataclass(frozen=True, slots=True)
class Contrast:
    """Name and weights t (D,), in the order of the sample's arms."""

    name: str
    weights: FloatArray


def each_arm(arms: Sequence[str]) -> tuple[Contrast, ...]:
    """One contrast per arm: the arm itself."""
    return tuple(Contrast(name, row) for name, row in zip(arms, np.eye(len(arms)), strict=True))


def differences(arms: Sequence[str], named: Sequence[NamedContrast] | None) -> tuple[Contrast, ...]:
    """The named contrasts, or each arm minus the first (the control).

    Raises ``duplicate_contrast``, ``empty_contrast``, ``unknown_arm``, ``contrast_sum``.
    """
    if named is None:
        rows = np.eye(len(arms))
        return tuple(Contrast(f"{arms[d]} - {arms[0]}", rows[d] - rows[0]) for d in range(1, len(arms)))
    problems = [p for i, contrast in enumerate(named) for p in _problems(i, contrast, arms)]
    names = [contrast.name for contrast in named]
    first = {name: i for i, name in reversed(list(enumerate(names)))}
    problems += [
        Problem(f"/plan/contrasts/{i}/name", "duplicate_contrast", "another contrast has this name", "rename one")
        for i, name in enumerate(names)
        if first[name] != i
    ]
    if not names:
        problems.append(Problem("/plan/contrasts", "empty_contrast", "the list is empty", "name one, or leave it out"))
    if problems:
        raise InvalidPlan(problems)
    return tuple(Contrast(c.name, np.array([float(c.weights.get(a, 0.0)) for a in arms])) for c in named)


def _problems(index: int, named: NamedContrast, arms: Sequence[str]) -> list[Problem]:
    place = f"/plan/contrasts/{index}/weights"
    found = [
        Problem(f"{place}/{token(arm)}", "unknown_arm", "the data has no arm of this name", "names match exactly")
        for arm in named.weights
        if arm not in arms
    ]
    weights = list(named.weights.values())
    if not any(abs(w) >= SMALLEST for w in weights):
        found.append(Problem(place, "empty_contrast", "every weight is 0 or next to it", "give two arms a weight"))
    elif abs(sum(weights)) > TOLERANCE * sum(abs(w) for w in weights):
        found.append(
            Problem(place, "contrast_sum", "the weights of a difference must sum to 0", "for example 1 and -1")
        )
    return found
