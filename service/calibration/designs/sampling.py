"""Unequal sampling probabilities: which units of a frame to ask, when LLM answers and predicted errors are at hand.

Unit i of T has an LLM answer and a predicted error u_i, the standard deviation of y_i - b'c_i that is expected there.
Humans are asked independently with probability pi_i, and the answers go to ``design_based``, whose variance is

    V(pi) = (E + R(pi)) / T,   R(pi) = mean(u^2 / pi),   E = sd_y^2 - mean(u^2) = Var(b'c)

For sum pi = n the best are pi_i = min(1, gamma u_i) (Neyman's allocation with units as strata; gamma by one sort).
``uniform_share`` s mixes them with n/T: pi_i = (1 - s) min(1, gamma u_i) + s n/T, so that R <= R(n/T) / s whatever the
true errors are. Uniform probabilities give R = mean(u^2) T/n; without the limit at 1 the ratio is mean(u)^2/mean(u^2).

**Shapes** predicted errors and probabilities (T,).
**Units** errors and outcome sd in outcome units; n humans in expectation: the number that comes is random.
**Assumes** the frame is drawn from the population; a human answer costs the same everywhere. Validity needs the
probabilities to be right, not the predicted errors.
**Breaks** errors predicted too small where they are large: those few humans carry large weights; see ``uniform_share``.
**Raises** InvalidPlan: bad_predicted_error, bad_probability, outcome_sd_required, infeasible_constraints,
target_out_of_reach.
**Source** Zrnic & Candes 2403.03208, the oracle rule and its mixture with uniform sampling; Neyman (1934).
**Differs** the predicted errors are the caller's, and the limit at 1 is met exactly, not by clipping.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from service.calibration.designs.answer import FrontierPoint, SamplingDesign
from service.calibration.designs.frontier import MULTIPLES
from service.calibration.designs.joint import Vector
from service.calibration.designs.objective import Aim, Objective, check_objective, wanted_of
from service.calibration.designs.power import interval_width
from service.calibration.errors import InvalidPlan, Problem, Warned

FEWEST, FEW = 3.0, 10.0
SMALL = 0.1
"""Probability, relative to the mean one, below which the weight of a human is worth a warning."""
LEAST = 1e-9
"""Predicted errors of zero count as this part of the largest, where a share is sampled uniformly."""
CLOSE = 1e-12
SMALLEST, LARGEST = 1e-9, 1e12
"""A predicted error, the largest of a frame: as an outcome's sd on the wire."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Errors above zero, largest first: their places (T,), the errors (T,), and the sums of each and all smaller."""

    order: npt.NDArray[np.intp]
    falling: Vector
    rest: Vector


def _ranked(errors: Vector) -> _Ranked:
    order = np.argsort(-errors, kind="stable")
    falling = errors[order]
    return _Ranked(order, falling, np.cumsum(falling[::-1])[::-1])


@dataclass(frozen=True)
class Frame:
    """Predicted errors (T,) of the units that may be asked, sd of the outcome if known, share sampled uniformly."""

    predicted_error: Vector
    outcome_sd: float | None = None
    uniform_share: float = 0.0

    @property
    def size(self) -> int:
        """T."""
        return int(self.predicted_error.size)

    @property
    def mean_square(self) -> float:
        """mean(u^2): the part of the outcome's variance that the LLM leaves."""
        return float(np.mean(self.predicted_error**2))

    @cached_property
    def ranked(self) -> _Ranked:
        """The errors ranked, zeros lifted to almost nothing."""
        return _ranked(np.maximum(self.predicted_error, LEAST * float(self.predicted_error.max())))


def probabilities(errors: Vector, n: float) -> Vector:
    """min(1, gamma u) with sum n, (T,); ``errors`` above zero, n at most T."""
    return _best(_ranked(errors), n)


def _best(ranked: _Ranked, n: float) -> Vector:
    """The k largest for sure, the others in proportion: k is the first at which the next one needs no limit."""
    T = ranked.falling.size
    found = np.ones(T)
    if n < T:
        k = int(np.argmax((n - np.arange(T)) * ranked.falling <= ranked.rest))
        found[ranked.order[k:]] = np.minimum(1.0, (n - k) / ranked.rest[k] * ranked.falling[k:])
    return found


def mixed(frame: Frame, n: float) -> Vector:
    """The frame's probabilities (T,) for n expected humans: the best ones, and a share of uniform ones."""
    even = min(1.0, n / frame.size)
    return np.asarray((1 - frame.uniform_share) * _best(frame.ranked, n) + frame.uniform_share * even)


def remaining(frame: Frame, chances: Vector) -> float:
    """R = mean(u^2 / pi)."""
    return float(np.mean(frame.predicted_error**2 / chances))


def sampling_design(frame: Frame, human_cost: float, objective: Objective, aim: Aim | None = None) -> SamplingDesign:
    """The probabilities for a budget or a target, with what they and uniform ones are predicted to give."""
    known = aim or Aim()
    _check(frame)
    check_objective(objective, known)
    n = _expected(frame, human_cost, objective, known)
    chances = mixed(frame, n)
    figures = _Figures(frame, n, chances)
    error = figures.standard_error(chances)
    alone = None if frame.outcome_sd is None else frame.outcome_sd / math.sqrt(n)
    return SamplingDesign(
        probabilities=chances,
        n_frame=frame.size,
        n_expected=float(chances.sum()),
        n_sd=math.sqrt(float(np.sum(chances * (1 - chances)))),
        n_certain=int(np.sum(chances >= 1)),
        n_uniform=frame.mean_square * frame.size / remaining(frame, chances),
        smallest_probability=float(chances.min()),
        kish_n=frame.size**2 / float(np.sum(1 / chances)),
        cost=n * human_cost,
        rectifier_variance_ratio=remaining(frame, chances) / remaining(frame, figures.even),
        variance_ratio=None if error is None else (error / (figures.standard_error(figures.even) or 1.0)) ** 2,
        standard_error=error,
        standard_error_uniform=figures.standard_error(figures.even),
        standard_error_human_only=alone,
        interval_width=None if error is None else interval_width(error, known.confidence_level),
        power=None if error is None else known.power_at(error),
        warnings=tuple(_doubts(figures)),
        frontier=_frontier(frame, human_cost, n),
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    """A frame with n expected humans and their probabilities (T,)."""

    frame: Frame
    n: float
    chances: Vector

    @property
    def even(self) -> Vector:
        """Uniform probabilities of the same expected number."""
        return np.full(self.frame.size, self.n / self.frame.size)

    def standard_error(self, chances: Vector) -> float | None:
        """sqrt(V) under other probabilities; None where the outcome's sd is not known."""
        return None if self.frame.outcome_sd is None else math.sqrt(_variance(self.frame, chances))


def _variance(frame: Frame, chances: Vector) -> float:
    assert frame.outcome_sd is not None
    explained = max(0.0, frame.outcome_sd**2 - frame.mean_square)
    return (explained + remaining(frame, chances)) / frame.size


def _expected(frame: Frame, human_cost: float, objective: Objective, aim: Aim) -> float:
    """The expected number of humans: what the budget buys, or the fewest that reach the target."""
    if objective.kind != "budget" and frame.outcome_sd is None:
        text = "a target needs the standard deviation of the outcome"
        raise InvalidPlan.at("/basis/outcome_sd", "outcome_sd_required", text, "give outcome_sd, or a budget")
    wanted = wanted_of(objective, aim, (frame.outcome_sd or 0.0) ** 2)
    if wanted.budget is not None:
        n = min(wanted.budget / human_cost, float(frame.size))
        if n < FEWEST:
            text = f"the budget pays for {n:.3g} humans; an estimate needs {FEWEST:g}"
            raise InvalidPlan.at("/objective/budget", "infeasible_constraints", text, "raise the budget")
        return n
    assert wanted.variance is not None
    if _variance(frame, np.ones(frame.size)) > wanted.variance:
        text = f"asking all {frame.size} units of the frame does not reach the target"
        raise InvalidPlan.at("/objective", "target_out_of_reach", text, "enlarge the frame, or ask for less precision")
    return _fewest(frame, wanted.variance)


def _fewest(frame: Frame, variance: float) -> float:
    """The least n in [3, T] that reaches the variance, by bisection: V falls in n."""
    low, high = min(FEWEST, float(frame.size)), float(frame.size)
    if _variance(frame, mixed(frame, low)) <= variance:
        return low
    while high - low > CLOSE * high:
        middle = (low + high) / 2
        reached = _variance(frame, mixed(frame, middle)) <= variance
        low, high = (low, middle) if reached else (middle, high)
    return high


def _frontier(frame: Frame, human_cost: float, n: float) -> tuple[FrontierPoint, ...]:
    """Expected humans, cost and standard error at a quarter to four times the money."""
    if frame.outcome_sd is None:
        return ()
    sizes = [multiple * n for multiple in MULTIPLES if FEWEST <= multiple * n <= frame.size]
    errors = [math.sqrt(_variance(frame, mixed(frame, size))) for size in sizes]
    return tuple(
        FrontierPoint(round(size), frame.size - round(size), size * human_cost, error)
        for size, error in zip(sizes, errors, strict=True)
    )


def _doubts(figures: _Figures) -> list[Warned]:
    doubts = []
    if figures.n < FEW:
        text = "fewer than 10 humans are expected: normal intervals are not to be trusted"
        doubts.append(Warned("few_humans", text, "/objective"))
    small = float(np.mean(figures.chances < SMALL * figures.n / figures.frame.size))
    if small > 0:
        text = (
            f"{small:.1%} of the units have less than a tenth of the mean probability: where their errors are larger "
            "than predicted, a few humans carry the estimate; a uniform_share of 0.2 or so bounds what that can cost"
        )
        doubts.append(Warned("small_probabilities", text, "/basis/predicted_error"))
    return doubts


def _check(frame: Frame) -> None:
    errors, problems = frame.predicted_error, []
    if frame.size < FEWEST:
        text = f"{frame.size} units; a frame has at least {FEWEST:g}"
        problems.append(Problem("/basis/predicted_error", "bad_predicted_error", text, "one entry per unit"))
    zero_is_fine = frame.uniform_share > 0
    wrong = np.flatnonzero(~((errors <= LARGEST) & ((errors >= 0) if zero_is_fine else (errors > 0))))
    hint = "give the sd of the error that is expected there; zero goes with a uniform_share above zero"
    problems += [
        Problem(
            f"/basis/predicted_error/{i}", "bad_predicted_error", f"not a number above zero, {LARGEST:g} at most", hint
        )
        for i in wrong[:1000].tolist()
    ]
    if not problems and errors.max() < SMALLEST:
        text = f"no error of {SMALLEST:g} or more is expected anywhere"
        problems.append(Problem("/basis/predicted_error", "bad_predicted_error", text, hint))
    if not 0 <= frame.uniform_share <= 1:
        text = "not a share between 0 and 1"
        problems.append(Problem("/basis/uniform_share", "bad_probability", text, "give a share"))
    sd = frame.outcome_sd
    if not problems and sd is not None and not sd * (1 + 1e-9) >= math.sqrt(frame.mean_square):
        text = "the predicted errors are larger than the outcome varies: their mean square is above outcome_sd^2"
        hint = "an error is at most the outcome's own spread; check both scales"
        problems.append(Problem("/basis/predicted_error", "bad_predicted_error", text, hint))
    if problems:
        raise InvalidPlan(problems)
