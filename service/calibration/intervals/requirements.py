"""What interval methods ask of a sample, and the refusals that say so."""

from __future__ import annotations

from math import inf

import numpy as np

from service.calibration.errors import CalibrationError, InvalidPlan, UnsupportedCombination
from service.calibration.estimate import Frame
from service.calibration.sample import Sample, Units

POINTER = "/plan/interval"
SLACK = 1e-9  # share of the bounds' distance that rounding may cross


def unsupported(method: str, detail: str, supported: str) -> CalibrationError:
    """The refusal of a method for this sample, with what is supported."""
    return UnsupportedCombination.at(
        POINTER, "unsupported_combination", f"interval {method} {detail}", f"supported: {supported}"
    )


def require_rows(sample: Sample, method: str) -> None:
    """Refuses moments, from which no unit can be drawn."""
    if not sample.has_rows:
        raise UnsupportedCombination.at(
            POINTER,
            "rows_required",
            f"interval {method} needs every unit's row and the data holds moments",
            "send layout table or arrays, or use interval t, normal, score or confidence_sequence",
        )


def share_scale(frame: Frame, bounds: tuple[float, float] | None) -> tuple[float, float]:
    """Smallest and largest possible outcome: the plan's bounds, the only two answers, or 0 and 1; else a refusal."""
    low, high = outcome_range(frame)
    if bounds is not None:
        require_inside(frame, bounds, "score")
        return bounds
    if frame.sample.has_rows and low < high and two_valued(frame.sample, low, high):
        return low, high
    if low >= 0.0 and high <= 1.0:
        return 0.0, 1.0
    raise UnsupportedCombination.at(
        POINTER,
        "not_a_proportion",
        "interval score is for shares and yes/no answers, and the outcome is neither",
        "give the outcome's smallest and largest possible value as bounds, or use interval t or bootstrap_t",
    )


def require_inside(frame: Frame, bounds: tuple[float, float], method: str) -> None:
    """Refuses outcomes outside the plan's bounds."""
    low, high = outcome_range(frame)
    slack = SLACK * (bounds[1] - bounds[0])
    if low < bounds[0] - slack or high > bounds[1] + slack:
        raise InvalidPlan.at(
            "/plan/bounds",
            "outside_bounds",
            f"an outcome is outside the bounds, which interval {method} needs to hold for every answer",
            "give the smallest and the largest answer that can occur",
        )


def outcome_range(frame: Frame) -> tuple[float, float]:
    """Smallest and largest outcome among the humans; from moments the narrowest range that could have them.

    A mean m and variance v (n - 1)/n about it fit into [0, 1] only if v (n - 1)/n <= m (1 - m): where they do the range
    is [0, 1], else it is open.
    """
    origin = frame.sample.origin
    ends = []
    for source, joint in zip(frame.sample.human, frame.human, strict=True):
        if isinstance(source, Units) and source.y is not None:
            ends += [float(source.y.min()) + origin, float(source.y.max()) + origin]
            continue
        mean, spread = float(joint.mean[0]) + origin, float(joint.scatter[0, 0]) / joint.n
        fits = 0.0 <= mean <= 1.0 and spread <= mean * (1.0 - mean) * (1.0 + SLACK)
        ends += [0.0, 1.0] if fits else [-inf, inf]
    return min(ends), max(ends)


def two_valued(sample: Sample, low: float, high: float) -> bool:
    """Whether every human answered one of two values (outcome units, as ``outcome_range`` gives them)."""
    answers = [s.y + sample.origin for s in sample.human if isinstance(s, Units) and s.y is not None]
    return all(bool(np.all((y == low) | (y == high))) for y in answers)
