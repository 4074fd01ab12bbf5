"""Mean difference: contrasts of arm means, by default every arm against the control.

Formula: tau = sum_d t_d mu_d with sum_d t_d = 0; t = (1, -1) for a treatment against control.
Shapes: one estimate per contrast. Units: outcome units.
Assumes: arms randomly assigned. Breaks: see the estimators.
Raises: ``too_few_arms``, ``unknown_arm``, ``empty_contrast``, ``duplicate_contrast``, ``contrast_sum``,
``unsupported_combination`` (control and contrasts together).
Source: Lin (2013), Annals of Applied Statistics 7:295-318. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.calibration.card import Card
from service.calibration.contrast import Contrast
from service.calibration.errors import InvalidPlan, Problem, token
from service.calibration.plan import NamedContrast, Plan

CARD = Card(
    name="mean_difference",
    title="Difference of arm means (average treatment effect)",
    formula="named contrasts of arm means; by default each arm minus the control",
    assumptions=("arms are randomly assigned",),
    limits=("contrast weights must sum to 0",),
    sources=("Lin (2013), AOAS 7:295-318",),
)

TOLERANCE = 1e-9
SMALLEST = 1e-6  # squares of smaller weights would be lost beside the data


def contrasts(arms: Sequence[str], plan: Plan) -> tuple[Contrast, ...]:
    """The plan's contrasts, or each arm minus the first (the control)."""
    if len(arms) < 2:
        raise InvalidPlan.at(
            "/plan/estimand",
            "too_few_arms",
            "a mean difference needs two arms and the data has one",
            "use estimand mean, or send a second arm",
        )
    if plan.contrasts is None:
        rows = np.eye(len(arms))
        return tuple(Contrast(f"{arms[d]} - {arms[0]}", rows[d] - rows[0]) for d in range(1, len(arms)))
    problems = [p for i, named in enumerate(plan.contrasts) for p in _problems(i, named, arms)]
    names = [named.name for named in plan.contrasts]
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
    return tuple(Contrast(c.name, np.array([float(c.weights.get(a, 0.0)) for a in arms])) for c in plan.contrasts)


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
