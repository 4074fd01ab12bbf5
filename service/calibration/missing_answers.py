"""What an estimate owes to people who were asked and did not answer, and what it would be were they not alike.

Name: delta adjustment (pattern mixture) and worst-case (Manski) bounds, beside an estimate under missing at random.
Formula: with pi_d the share of an arm's people who did not answer, and delta_d how far their mean is from what missing
at random says of them, mu_d(delta) = mu_d + pi_d delta_d exactly. For |delta_d| <= delta in every arm
    tau -+ delta S,   S = sum |t_d| pi_d  (sensitivity);   influence of S: |t_d| (1 - R_i - pi_d) w_i/sum w
and the estimate passes the null value at delta = |tau - null| / S; its interval, of variance A -+ 2 B delta + C delta^2
and quantile k, at the root of (|tau - null| - S delta)^2 = k^2 (A - 2 B delta + C delta^2).
Worst case: whoever did not answer has the outcome's smallest, or largest, possible value.
Shapes: contrast t (D,), N asked. Units: the outcome's.
Assumes: of the bounds, only that the outcome is inside its own; of the rest, what the estimate assumes but for delta.
Breaks: bounds are wide where many did not answer: that is what the data say without an assumption.
Raises: ``outside_bounds``.
Source: Rubin (1977), JASA 72:538-543 and Little (1993), JASA 88:125-134 (pattern mixtures); Manski (1990), American
Economic Review 80:319-323; Horowitz & Manski (2000), JASA 95:77-84 (experiments).
Differs: an interval of bounds is the lower end at the lower and the upper end at the upper bound, which covers with at
least the level (Imbens & Manski 2004 is a little shorter).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from service.calibration.answer import ArmResponse, Bounds, MissingAnswers, UnansweredEstimate
from service.calibration.effects import Analysis, finite
from service.calibration.errors import InvalidPlan
from service.calibration.estimate import Estimate, Frame
from service.calibration.inference import Result, Settings, infer, result
from service.calibration.intervals.requirements import SLACK, outcome_range
from service.calibration.moments import FloatArray
from service.calibration.pools import weight
from service.calibration.resolution import Resolved
from service.calibration.response_propensity import share_of_size
from service.calibration.sample import Sample, Units
from service.calibration.variance import contrast_variance, influences

TESTED = ("two_sided", "less", "greater")


def of(outcomes: Sequence[Sequence[Analysis]], delta: float | None) -> MissingAnswers | None:
    """What every outcome's (and subgroup's) estimates owe to those who did not answer; None where everybody did."""
    found = [group for group in outcomes if group[0].resolved.sample.unanswered]
    if not found:
        return None
    by_category = [[_estimates(a, delta) for a in group] for group in found]
    return MissingAnswers(
        delta,
        tuple(arm for group in found for arm in _arms(group[0])),
        tuple(e for group in by_category for together in zip(*group, strict=True) for e in together),
    )


def _arms(analysis: Analysis) -> list[ArmResponse]:
    sample, blocks = analysis.resolved.sample, analysis.arms
    return [
        ArmResponse(
            name=block.name,
            outcome=block.outcome,
            subgroup=block.subgroup,
            asked=sample.asked(d).n,
            answered=sample.human[d].n,
            rate=sample.human[d].n / sample.asked(d).n,
            lowest_propensity=sample.response[d].lowest,
            kish_n=sample.human[d].n * share_of_size(sample, d),
        )
        for d, block in enumerate(blocks)
    ]


def _estimates(analysis: Analysis, delta: float | None) -> list[UnansweredEstimate]:
    resolved = analysis.resolved
    ends, complete = _ends(resolved), _complete_cases(resolved)
    found = []
    for contrast, fit, block in zip(resolved.contrasts, analysis.fits, analysis.estimates, strict=True):
        t = contrast.weights
        shift = _shift(resolved, fit, t)
        found.append(
            UnansweredEstimate(
                name=block.name,
                outcome=block.outcome,
                component=block.component,
                subgroup=block.subgroup,
                complete_case=finite(infer(resolved.estimator.fit(complete, t), t, resolved.settings)),
                sensitivity=shift.sensitivity,
                delta_bounds=None if delta is None else shift.bounds(delta),
                worst_case=None if ends is None else _worst_case(resolved, t, ends),
                tipping_delta=shift.tipping(),
                tipping_delta_interval=shift.tipping_interval(),
            )
        )
    return found


def _complete_cases(resolved: Resolved) -> Frame:
    """The data had only those been asked who answered."""
    return Frame(replace(resolved.sample, unanswered=(), response=()), resolved.frame.identification)


@dataclass(frozen=True, slots=True)
class _Shift:
    """An estimate whose missing answers are moved by delta: value + S delta, variance A + 2 B delta + C delta^2."""

    settings: Settings
    value: float
    df: float | None
    sensitivity: float
    a: float
    b: float
    c: float

    def at(self, delta: float) -> Result:
        """The result with the missing answers of every arm moved by delta times the sign of its weight."""
        variance = max(self.a + 2.0 * delta * self.b + delta * delta * self.c, 0.0)
        return result(self.value + delta * self.sensitivity, variance, self.df, self.settings)

    def bounds(self, delta: float) -> Bounds:
        """The estimates at either end, and the lower end of the one with the upper end of the other."""
        return _between(finite(self.at(-delta)), finite(self.at(delta)))

    def tipping(self) -> float | None:
        """The delta at which the estimate is the null value; None where nothing is tested, or nothing is missing."""
        away = _away(self)
        return None if away is None else abs(away) / self.sensitivity

    def tipping_interval(self) -> float | None:
        """The delta at which the interval's end is the null value; 0 where it holds it without any."""
        away = _away(self)
        if away is None:
            return None
        plain, sign = self.at(0.0), 1.0 if away > 0.0 else -1.0
        end = plain.interval.lower if sign > 0.0 else plain.interval.upper
        if end is None or sign * (end - plain.estimate + away) <= 0.0:
            return 0.0
        square = ((plain.estimate - end) / plain.standard_error) ** 2 if plain.standard_error > 0.0 else 0.0
        leading = self.sensitivity**2 - square * self.c
        half = abs(away) * self.sensitivity - sign * square * self.b
        rest = away * away - square * self.a
        return rest / (half + sqrt(max(half * half - leading * rest, 0.0)))


def _away(shift: _Shift) -> float | None:
    """How far the estimate is from the null value; None where nothing is tested, or nothing is missing."""
    null = shift.settings.null_value
    tested = shift.settings.alternative in TESTED and shift.sensitivity > 0.0
    return None if null is None or not tested else shift.value - null


def _shift(resolved: Resolved, fit: Estimate, contrast: FloatArray) -> _Shift:
    """The polynomials, from influence values on the estimate and on its shift per delta."""
    sample, settings = resolved.sample, resolved.settings
    plain = infer(fit, contrast, settings)
    df = None if settings.method == "normal" else contrast_variance(fit, contrast, settings.population)[1]
    groups = {g.source: g.values for g in influences(fit, contrast)}
    own = sum(float(values @ values) for values in groups.values())
    s = mixed = moved = 0.0
    for d, t in enumerate(np.abs(contrast).tolist()):
        asked = sample.asked(d)
        if not t or not isinstance(asked, Units) or sample.unanswered[d] is None:
            continue
        share = weight(asked) / weight(asked).sum()
        absent = np.ones(asked.n)
        absent[: sample.human[d].n] = 0.0
        missing = float(share @ absent)
        values = t * share * (absent - missing)
        s, moved = s + t * missing, moved + float(values @ values)
        mixed += float(values @ groups[f"humans {d}"])
    return _Shift(settings, plain.estimate, df, s, own, mixed, moved)


def _ends(resolved: Resolved) -> tuple[float, float] | None:
    """The smallest and the largest possible outcome, where they are known."""
    if resolved.sample.component is not None:
        return 0.0, 1.0
    bounds = resolved.plan.bounds
    if bounds is not None:
        low, high = outcome_range(resolved.plain)
        slack = SLACK * (bounds[1] - bounds[0])
        if low < bounds[0] - slack or high > bounds[1] + slack:
            text = "an outcome is outside the bounds, which hold for every answer, given or not"
            raise InvalidPlan.at("/plan/bounds", "outside_bounds", text, "give the smallest and the largest answer")
    return bounds


def _worst_case(resolved: Resolved, contrast: FloatArray, ends: tuple[float, float]) -> Bounds:
    """The contrast of means over everybody asked, those who did not answer at the end that makes it least, or most."""
    low, high = (_filled(resolved.sample, contrast, pair, resolved.settings) for pair in (ends, ends[::-1]))
    return _between(finite(low), finite(high))


def _filled(sample: Sample, contrast: FloatArray, ends: tuple[float, float], settings: Settings) -> Result:
    """The contrast with the missing answers of arms of positive weight at the first end, of others at the second."""
    value = total = square = 0.0
    for d, t in enumerate(contrast.tolist()):
        human, asked = sample.human[d], sample.asked(d)
        if not t or not isinstance(human, Units) or not isinstance(asked, Units) or human.y is None:
            continue
        share = weight(asked) / weight(asked).sum()
        y = np.full(asked.n, ends[0] if t > 0.0 else ends[1])
        y[: human.n] = human.y + sample.origin
        mean = float(share @ y)
        part = t * t * float(share**2 @ (y - mean) ** 2) * asked.n / (asked.n - 1.0)
        value, total, square = value + t * mean, total + part, square + part * part / (asked.n - 1.0)
    df = total * total / square if square > 0.0 else 1.0
    return result(value, total, None if settings.method == "normal" else df, settings)


def _between(low: Result, high: Result) -> Bounds:
    return Bounds(low.estimate, high.estimate, replace(low.interval, upper=high.interval.upper))
