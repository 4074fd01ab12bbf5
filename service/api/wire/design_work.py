"""The work of what a design may ask for besides being solved (``work.solving``), estimated before it starts.

Source: measured on one core of the machine of benchmarks/README.md.
"""

from __future__ import annotations

from service.calibration.self_check import NUMBERS

PER_REPLICATE = 6e5  # one simulated study of one arm, analysed
PER_SIMULATED = 5e4  # of a contrast and replicate
PER_DRAWN = 6.0  # a number of a simulated study: drawn, correlated, read
PER_UNIT = 500.0  # a unit of a frame whose sampling probabilities are asked for


def simulating(arms: int, contrasts: int, replicates: int) -> float:
    """Estimated work of a design's self-check: analyses, and the numbers drawn for them at most."""
    return replicates * (PER_REPLICATE * max(1, arms) + PER_SIMULATED * contrasts) + PER_DRAWN * NUMBERS


def sampling(units: int, *, target: bool) -> float:
    """Estimated work of sampling probabilities: passes over the frame for each number of humans that is tried."""
    return PER_UNIT * units * (3 if target else 1)
