"""Self-check of a design: the planned study is drawn many times and analysed by ``calibrate``, as it will be.

Formula: units are normal with the design's own joint covariance, at the planned counts; per contrast, over R studies,
    coverage = share of intervals that contain the truth          sqrt(p (1 - p) / R)
    power = share of studies that reject                          likewise
The truth is zero and the test is of minus the effect: estimates move with the outcomes and their errors do not, so this
is the test of zero where the truth is the effect, and one set of studies serves both.
Shapes: counts by group; D arms, p columns, R studies. Units: outcome units.
Assumes: normal outcomes and predictions; the default plan (estimator ``auto``, interval ``auto``).
Breaks: what the study's answers do beyond normality; a covariance that is not true.
Raises: nothing of its own; what cannot be analysed as one calibration has a warning in place of a simulation.
Source: none needed; the analytic power is that of ``designs.power``.
Differs: the analysis is the service's own, estimated slopes, t quantiles and all; the analytic power knows neither.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.calibration.calibrate import calibrate
from service.calibration.designs.answer import DesignAnswer, SimulatedContrast, Simulation
from service.calibration.designs.draws import Draws, basis_at, one_draw
from service.calibration.designs.joint import Basis, Matrix
from service.calibration.designs.objective import Aim
from service.calibration.designs.planned import NOT_POSSIBLE, PlannedStudy, drawn, planned_study, standard_errors
from service.calibration.designs.study import Wish, basis_of_study, draws_of_study
from service.calibration.errors import Warned
from service.calibration.inference import Result
from service.calibration.plan import NamedContrast, Plan
from service.calibration.resolution import Resolved
from service.calibration.study_design import planned_contrasts, planned_frame

REPLICATES = 1000
FEWEST_REPLICATES = 100
NUMBERS, PRODUCTS = 1e8, 2e9
"""Numbers drawn over all studies, and these times columns, at most: replicates are fewer where one study is large."""


@dataclass(frozen=True, slots=True)
class Check:
    """How often the study is drawn, from which seed, and what its contrasts are called (none: by their arms)."""

    replicates: int = REPLICATES
    seed: int = 0
    names: tuple[str, ...] = ()


def checked(basis: Basis, draws: Draws | None, found: DesignAnswer, aim: Aim, check: Check) -> DesignAnswer:
    """The answer with its simulation, or with a warning that says why there is none, or less of it."""
    joint = basis_at(basis, draws or one_draw(basis.joint), found.design.draws_per_persona).joint
    study = planned_study(joint, found.design)
    times, doubts = (0, [study]) if isinstance(study, Warned) else _affordable(study, check.replicates)
    simulation = None
    if times and isinstance(study, PlannedStudy):
        errors = standard_errors(joint, basis.contrasts, found.design)
        names = check.names or tuple(_worded(study.arms, weights) for weights in basis.contrasts)
        plan = _plan(study, basis.contrasts, aim)
        samples = drawn(study, times, np.random.default_rng(check.seed))
        runs = [[estimate.result for estimate in calibrate(sample, plan).estimates] for sample in samples]
        contrasts = tuple(
            _counted(name, results, float(error), aim)
            for name, error, *results in zip(names, errors, *runs, strict=True)
        )
        simulation = Simulation(times, check.seed, runs[0][0].interval.level, contrasts)
    return replace(found, simulation=simulation, warnings=(*found.warnings, *doubts))


def checked_study(resolved: Resolved, found: DesignAnswer, wish: Wish, check: Check) -> DesignAnswer:
    """The same of a design that a pilot's data suggest."""
    frame = planned_frame(resolved)
    basis = basis_of_study(frame, planned_contrasts(resolved))
    names = tuple(contrast.name for contrast in resolved.contrasts)
    objective = wish.objective
    margin = objective.value if objective is not None and objective.kind == "equivalence" else None
    aim = replace(wish.aim, margin=margin)
    return checked(basis, draws_of_study(frame, wish), found, aim, replace(check, names=names))


def _affordable(study: PlannedStudy, wanted: int) -> tuple[int, list[Warned]]:
    """How often the study is drawn, and a warning where that is not what was wanted."""
    times = min(wanted, int(min(NUMBERS, PRODUCTS / max(1, len(study.columns))) / study.numbers))
    if times == wanted:
        return times, []
    if times < FEWEST_REPLICATES:
        text = f"one study holds {study.numbers:.0f} numbers: too many to be drawn {FEWEST_REPLICATES} times"
        return 0, [Warned(NOT_POSSIBLE, text, "/simulate")]
    text = f"one study holds {study.numbers:.0f} numbers: it was drawn {times} times"
    return times, [Warned("fewer_replicates", text, "/replicates")]


def _counted(name: str, results: Sequence[Result], error: float, aim: Aim) -> SimulatedContrast:
    """One contrast's coverage of zero and power, with their Monte Carlo errors."""
    covered = np.array([_contains_zero(one) for one in results])
    rejected = np.array([one.p_value is not None and one.p_value < 1 - aim.confidence_level for one in results])
    tested = aim.effect is not None or aim.margin is not None
    return SimulatedContrast(
        name=name,
        coverage=float(covered.mean()),
        coverage_error=_error(covered),
        power=float(rejected.mean()) if tested else None,
        power_error=_error(rejected) if tested else None,
        analytic_power=aim.power_at(error),
        standard_error=error,
        mean_standard_error=float(np.mean([one.standard_error for one in results])),
        spread=float(np.std([one.estimate for one in results], ddof=1)),
    )


def _contains_zero(result: Result) -> bool:
    lower, upper = result.interval.lower, result.interval.upper
    return (lower is None or lower <= 0) and (upper is None or upper >= 0)


def _error(hits: np.ndarray) -> float:
    """Monte Carlo standard error of a share; that of half a hit or miss where all agree."""
    half = 0.5 / hits.size
    share = min(max(float(hits.mean()), half), 1 - half)
    return math.sqrt(share * (1 - share) / hits.size)


def _worded(arms: Sequence[str], weights: Matrix) -> str:
    """``treatment - control``, or every arm with its weight."""
    if len(arms) == 1:
        return arms[0]
    if sorted(weights[weights != 0].tolist()) == [-1.0, 1.0]:
        return f"{arms[int(np.argmax(weights))]} - {arms[int(np.argmin(weights))]}"
    return " ".join(f"{w:+g} {arm}" for arm, w in zip(arms, weights, strict=True) if w != 0)


def _plan(study: PlannedStudy, contrasts: Matrix, aim: Aim) -> Plan:
    """The default plan, with the design's own identification where there is a choice."""
    named = tuple(
        NamedContrast(f"{c}", dict(zip(study.arms, weights.tolist(), strict=True)))
        for c, weights in enumerate(contrasts)
    )
    return Plan(
        estimator="auto" if study.columns else "human_only",
        identification=study.joint.identification if study.joint.prediction_design == "shared" else None,
        contrasts=named if study.joint.arms else None,
        confidence_level=aim.confidence_level,
        null_value=-(aim.effect or 0.0),
        alternative="equivalence" if aim.margin is not None else "two_sided",
        margin=aim.margin,
    )
