"""What a design is asked for, as a budget or as the standard error that the question needs.

    budget                the money itself
    standard_error        SE
    interval_width        SE = width / (2 z)
    effective_sample_size SE^2 = V_1 / n, V_1 the best human-only variance per human
    power                 SE at which the two-sided test finds the effect with the power (power.py)
    equivalence           SE at which two one-sided tests put the contrast inside the margin with the power, the true
                          effect being the one stated, else zero

**Shapes** scalars. **Units** money in one currency; widths, margins, effects and standard errors in outcome units.
**Assumes** normal quantiles. **Breaks** nothing known.
**Raises** InvalidPlan (bad_objective, bad_probability, not_finite, effect_required).
**Source** power.py. **Differs** in nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from service.calibration.designs import power as tests
from service.calibration.designs.integers import Wanted
from service.calibration.errors import InvalidPlan, Problem

ObjectiveKind = Literal["budget", "standard_error", "interval_width", "effective_sample_size", "power", "equivalence"]


@dataclass(frozen=True, slots=True)
class Objective:
    """What is fixed: money to spend, or what to reach at least cost; ``power`` has no value, its effect is the aim's.

    The value of ``equivalence`` is its margin.
    """

    kind: ObjectiveKind
    value: float = 1.0

    @property
    def pointer(self) -> str:
        """Where the value stands in a request."""
        return "/objective/margin" if self.kind == "equivalence" else f"/objective/{self.kind}"


@dataclass(frozen=True, slots=True)
class Aim:
    """What the study is to detect: an effect (None: unknown), the power asked for, the confidence level.

    With a ``margin`` the test is the one of equivalence, and the effect (None: zero) is the true one.
    """

    effect: float | None = None
    power: float = 0.8
    confidence_level: float = 0.95
    margin: float | None = None

    def power_at(self, standard_error: float) -> float | None:
        """Power of the test in question at a standard error; None without an effect to detect."""
        if self.margin is not None:
            return tests.equivalence_power(self.effect or 0.0, self.margin, standard_error, self.confidence_level)
        if self.effect is None:
            return None
        return tests.two_sided_power(self.effect, standard_error, self.confidence_level)


def check_objective(objective: Objective, aim: Aim) -> None:
    """Refuse values that are no targets, listing every problem."""
    problems = []
    if not (math.isfinite(objective.value) and objective.value > 0):
        text = "the value is not a finite number above zero"
        problems.append(Problem(objective.pointer, "bad_objective", text, "give one"))
    for name, value in (("power", aim.power), ("confidence_level", aim.confidence_level)):
        if not 0 < value < 1:
            problems.append(
                Problem(f"/{name}", "bad_probability", "not between 0 and 1", "give a number inside (0, 1)")
            )
    if aim.effect is not None and not math.isfinite(aim.effect):
        problems.append(Problem("/effect", "not_finite", "the effect is not a finite number", "give a finite effect"))
    problems = problems or _out_of_reach(objective, aim)
    if problems:
        raise InvalidPlan(problems)


def _out_of_reach(objective: Objective, aim: Aim) -> list[Problem]:
    """Targets that every design meets, or none."""
    problems = []
    chance = {"power": 1 - aim.confidence_level, "equivalence": 1 - 2 * aim.confidence_level}
    if aim.power <= chance.get(objective.kind, 0.0):
        text = "the test has this power whatever is bought"
        problems.append(Problem("/power", "bad_probability", text, "give a power above 1 - confidence_level"))
    if objective.kind == "power" and not aim.effect:
        text = "power needs an effect to detect, other than zero"
        problems.append(Problem("/effect", "effect_required", text, "give the smallest effect worth finding"))
    if objective.kind == "equivalence" and abs(aim.effect or 0.0) >= objective.value:
        text = "the effect lies outside the margin: equivalence would be false"
        problems.append(Problem("/objective/margin", "bad_objective", text, "give a margin beyond the effect"))
    return problems


def wanted_of(objective: Objective, aim: Aim, variance_per_human: float) -> Wanted:
    """The budget, or the variance that the objective asks for."""
    if objective.kind == "budget":
        return Wanted(budget=objective.value)
    if objective.kind == "effective_sample_size":
        return Wanted(variance=variance_per_human / objective.value)
    return Wanted(variance=_standard_error(objective, aim) ** 2)


def _standard_error(objective: Objective, aim: Aim) -> float:
    effect, level = aim.effect or 0.0, aim.confidence_level
    if objective.kind == "interval_width":
        return tests.standard_error_for_width(objective.value, level)
    if objective.kind == "power":
        return tests.standard_error_for_power(effect, aim.power, level)
    if objective.kind == "equivalence":
        return tests.standard_error_for_equivalence(effect, objective.value, aim.power, level)
    return objective.value
