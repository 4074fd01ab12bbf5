"""auto: which interval is formed when none is named.

Formula: ``score`` where the outcome has two answers and some arm has fewer than ``RARE`` of the rarer one, else ``t``.
The rule looks at counts of answers, never at an estimate. Coverage of .95 intervals over studies whose answers vary
(1,000 each, Monte Carlo error .007; one population | difference of two equal arms), human-only:
    share, n     .1, 20        .1, 50        .1, 200       .5, 20        .5, 50        .5, 200
    t            .998 | .995   .893 | .957   .933 | .939   .950 | .961   .945 | .942   .948 | .955
    score        .958 | .999   .973 | .967   .960 | .940   .950 | .963   .977 | .961   .948 | .955
bootstrap_t covers like score, but leaves an end open in 24 % of studies of .1, 50 and 82 % of .1, 20 (one population).
Shapes: D arms. Units: none.
Assumes: as the method chosen. Breaks: fewer than 5 answers of the rarer kind (``rare_outcome``).
Raises: nothing.
Source: Brown, Cai & DasGupta (2001), Statistical Science 16:101-133, for the failure of Wald forms; the rule is ours.
Differs: the count of the rarer answer in place of n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.errors import Warned
from service.calibration.moments import FloatArray, Moments
from service.calibration.plan import IntervalName
from service.calibration.sample import Sample, Units

RARE = 30
GLANCE = 16  # an outcome with three values among its first units has more than two answers
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Choice:
    """The method, why, and the warning that goes with it."""

    method: IntervalName
    reason: str
    warnings: tuple[Warned, ...] = ()


def chosen(sample: Sample) -> Choice:
    """The method for a sample's outcome."""
    counts = [_rarer(source, sample.origin) for source in sample.human]
    if any(count is None for count in counts) or len(_answers(sample)) > 2:
        return Choice("t", "the outcome has more than two answers")
    rare = [d for d, count in enumerate(counts) if count is not None and count < RARE]
    if not rare:
        return Choice("t", f"every arm has {RARE} or more of either answer")
    text = f"an arm has fewer than {RARE} of the rarer of two answers, where t intervals are too short: score is used"
    return Choice("score", text, (Warned("small_or_rare_outcome", text, sample.pointers[rare[0]]),))


def _rarer(source: Units | Moments, origin: float) -> int | None:
    """How often the rarer of two answers was given; None where there are more than two."""
    if isinstance(source, Moments):
        share, spread = float(source.mean[0]) + origin, float(source.scatter[0, 0]) / source.n
        yes_no = 0.0 <= share <= 1.0 and abs(spread - share * (1.0 - share)) <= ROUNDING
        return round(source.n * min(share, 1.0 - share)) if yes_no else None
    assert source.y is not None
    return rarer_of_two(source.y)


def rarer_of_two(y: FloatArray) -> int | None:
    """How often the rarer of two answers is among answers (n,), 0 where all are alike; None where there are more."""
    if len(set(y[:GLANCE].tolist())) > 2:
        return None
    at_low, at_high = int((y == y.min()).sum()), int((y == y.max()).sum())
    if at_low == y.shape[0]:
        return 0
    return min(at_low, at_high) if at_low + at_high == y.shape[0] else None


def _answers(sample: Sample) -> set[float]:
    """The answers of all arms' humans, each of which has at most two; empty for moments."""
    found = [(s.y.min(), s.y.max()) for s in sample.human if isinstance(s, Units) and s.y is not None]
    return set(np.array(found).ravel().tolist())
