"""What an answer assumes, which of it was tested, and the claim and warnings that follow.

A claim is confirmatory when the estimate uses humans, nothing it rests on is rejected, and exchangeability, where it is
used, was tested and not rejected (level ``TEST_LEVEL``). Everything else is exploratory.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from service.calibration import outlying, repeated
from service.calibration.answer import Assumption, Claim, Status
from service.calibration.columns import Dropped
from service.calibration.diagnostics.exchangeability import TEST_LEVEL, combined, pool_p_values
from service.calibration.errors import Warned
from service.calibration.estimate import Frame
from service.calibration.intervals.auto import rarer_of_two
from service.calibration.moments import FloatArray
from service.calibration.plan import Identification
from service.calibration.resolution import Resolved
from service.calibration.rows import rows
from service.calibration.sample import Sample, Units

FEW_MINORITY = 5
COCHRAN = 25.0  # Cochran (1977), Sampling Techniques, section 2.15
BELONG = "LLM-only units and stated means belong to the humans' population"
IGNORABILITY = (
    "given the target's covariates, humans and target population answer alike, and outcomes are linear in the "
    "covariates or the log of the density ratio is: assumed, never tested"
)
STATEMENTS: dict[Status, str] = {
    "not_testable": "too few units to test it",
    "rejected": "mean predictions differ by more than chance",
    "not_rejected": "mean predictions do not differ detectably",
}


@dataclass(frozen=True, slots=True)
class ReferenceTest:
    """The tested assumption over all pools, and the p-value of each pool for estimates that use some of them."""

    assumption: Assumption
    p_values: tuple[float | None, ...]


def reference(frame: Frame) -> ReferenceTest | None:
    """The tested assumption that the reference mean of c is right; None where random assignment alone identifies it.

    ``exchangeability`` of LLM-only units with the humans, or, under randomization, ``known_population_means``.
    """
    untested = frame.by_probability or (frame.identification == "randomization" and not frame.any_known)
    if untested or not any(frame.has_pool) or not (frame.sample.shared or frame.sample.goes_beyond_humans):
        return None
    return tested(pool_p_values(frame), frame.identification)


def tested(p_values: tuple[float | None, ...], identification: Identification) -> ReferenceTest:
    """The assumption whose test came to these p-values, one per pool."""
    value = combined(p_values)
    status = _status(value)
    if identification == "randomization":
        text = f"the stated population means are those of the humans' population; {STATEMENTS[status]}"
        return ReferenceTest(Assumption("known_population_means", status, value, text), p_values)
    return ReferenceTest(Assumption("exchangeability", status, value, f"{BELONG}; {STATEMENTS[status]}"), p_values)


def exchangeable(p_values: Sequence[FloatArray]) -> list[ReferenceTest]:
    """``tested`` of K outcomes under exchangeability, from the p-values (K,) of every pool."""
    count, values = p_values[0].shape[0], _bonferroni(p_values, [np.ones(p.shape, dtype=bool) for p in p_values])
    status = [_status(value) for value in values.tolist()]
    texts = {s: f"{BELONG}; {STATEMENTS[s]}" for s in set(status)}
    found = rows(
        Assumption,
        count,
        name=repeat("exchangeability"),
        status=status,
        p_value=values.tolist(),
        statement=map(texts.__getitem__, status),
    )
    return rows(ReferenceTest, count, assumption=found, p_values=zip(*(p.tolist() for p in p_values), strict=True))


def claims(p_values: Sequence[FloatArray], used: Sequence[NDArray[np.bool_]]) -> list[Claim]:
    """``claim`` of K outcomes from the p-values (K,) of every pool and whether an estimate is evaluated on it (K,)."""
    rejected = _bonferroni(p_values, used) < TEST_LEVEL
    return ["exploratory" if found else "confirmatory" for found in rejected.tolist()]


def _bonferroni(p_values: Sequence[FloatArray], used: Sequence[NDArray[np.bool_]]) -> FloatArray:
    """The p-values (K,) over those pools that are used; 1 where none is."""
    least = np.minimum.reduce([np.where(on, p, np.inf) for p, on in zip(p_values, used, strict=True)])
    count = np.maximum(np.add.reduce([on.astype(np.float64) for on in used]), 1.0)
    return np.asarray(np.minimum(1.0, count * least))


def joint(tests: Sequence[ReferenceTest]) -> list[Assumption]:
    """The tested assumptions of several outcomes, each name once: the p-value over all that test it (Bonferroni)."""
    found = []
    for name in dict.fromkeys(t.assumption.name for t in tests):
        same = [t.assumption for t in tests if t.assumption.name == name]
        value = combined([a.p_value for a in same])
        worst = min(same, key=lambda a: (a.p_value is None, a.p_value))
        status = _status(value)
        text = worst.statement if len(same) == 1 else f"{worst.statement.partition(';')[0]}; {STATEMENTS[status]}"
        found.append(Assumption(name, status, value, text))
    return found


def others(resolved: Resolved) -> list[Assumption]:
    """The assumptions that the data cannot test."""
    sample, plan, found = resolved.sample, resolved.plan, []
    if len(sample.arms) > 1:
        found.append(("random_assignment", "humans were assigned to arms at random"))
    if sample.margins is not None:
        found.append(("ignorability", IGNORABILITY))
        stated = "the stated margins are exactly those of the target population"
        drawn = "the target's rows are a random sample of the target population"
        found.append(("known_margins", stated) if sample.margins.rows is None else ("target_rows", drawn))
    elif resolved.interval.method == "randomization":
        found.append(("constant_effect", "the treatment does the same to everybody; the interval is for these humans"))
    elif plan.inference_population == "super":
        found.append(("random_sampling", "humans are a random sample of the population the estimate is for"))
    if sample.by_probability:
        found.append(("known_sampling_probabilities", "the stated probabilities of giving a human answer are right"))
    if sample.unanswered:
        text = (
            "given arm, predictions and covariates, answering has nothing to do with the answer; this cannot be tested"
        )
        found.append(("missing_at_random", text))
    if sample.clustered:
        found.append(("independent_clusters", "clusters are independent of each other"))
    else:
        found.append(("independent_units", "units are independent of each other"))
    if sample.strata or sample.within_strata:
        found.append(("known_stratum_shares", _shares(resolved.plain.sample)))
    if plan.estimator != "human_only":
        found.append(("no_leakage", "LLM answers were made without these humans' answers"))
    return [Assumption(name, "assumed", None, statement) for name, statement in found]


def _shares(sample: Sample) -> str:
    if sample.drawn_shares is None:
        return "strata are weighted by their shares of the population"
    return "the units were drawn without regard to strata, so that these have the population's shares up to chance"


def claim(test: ReferenceTest | None, pools: Collection[int], *, unsound: bool = False) -> Claim:
    """The claim of an estimate that is evaluated on these pools; none: human-only, which rests on no pool.

    ``unsound``: the columns it uses are a copy of the humans' outcomes, or know the arms that the humans were in.
    """
    if unsound and pools:
        return "exploratory"
    if test is None or not pools:
        return "confirmatory"
    p_values = [test.p_values[k] for k in pools]
    untested = any(p is None for p in p_values)
    return "exploratory" if untested or _status(combined(p_values)) != "not_rejected" else "confirmatory"


def _status(p_value: float | None) -> Status:
    return "not_testable" if p_value is None else "rejected" if p_value < TEST_LEVEL else "not_rejected"


def doubts(frame: Frame, test: ReferenceTest | None, *, llm_asked: bool) -> list[Warned]:
    """Warnings about the sample and its columns; those about LLM answers only where they were asked for."""
    sample = frame.sample
    found = [*sample.warnings, *outcome_doubts(sample), *repeated.doubts(sample)]
    if not llm_asked:
        return found
    found += outlying.doubts(sample)
    if sample.shared and frame.identification == "randomization" and sample.llm_only[0] is not None:
        text = "LLM-only units are not used under randomization; set identification to exchangeability to use them"
        found.append(Warned("llm_only_ignored", text, "/data"))
    found += [_dropped(sample, x) for x in frame.screened.dropped]
    found += [_reproduced(sample, d) for d in frame.screened.reproduced]
    found += reference_doubts(test)
    found += [
        Warned("no_pool", f"arm {arm!r} has no LLM-only unit, so its LLM answers add nothing: human-only", place)
        for arm, has, place in zip(sample.arms, frame.has_pool, sample.pointers, strict=True)
        if not has
    ]
    return list(dict.fromkeys(found))


def outcome_doubts(sample: Sample) -> list[Warned]:
    """Warnings about the shape of the humans' outcomes by arm (skewness within strata), or of their influence."""
    if sample.linearised:
        return [] if sample.empirical else _skewed_influence(sample)
    return [found for arm in dict.fromkeys(sample.arms) if (found := _outcome_doubt(sample, arm)) is not None]


def reference_doubts(test: ReferenceTest | None) -> list[Warned]:
    """The warning that goes with the result of a test."""
    if test is None or test.assumption.status == "not_rejected":
        return []
    if test.assumption.status == "not_testable":
        text = "exchangeability could not be tested: estimates using LLM-only units are exploratory"
        return [Warned("exchangeability_not_testable", text, "/data")]
    if test.assumption.name == "exchangeability":
        text = (
            "LLM-only units differ from the humans in their mean predictions, or in whether the LLM answered: "
            "estimates using them are exploratory"
        )
        return [Warned("exchangeability_rejected", text, "/data")]
    text = "the humans' mean predictions differ from the stated population means: estimates using them are exploratory"
    return [Warned("known_means_rejected", text, "/data/predictions")]


def _reproduced(sample: Sample, arm: int) -> Warned:
    what = f"the columns reproduce every human outcome of arm {sample.arms[arm]!r} exactly"
    return Warned("outcome_reproduced", f"{what}: estimates using them are exploratory", sample.pointers[arm])


def unbalanced(sample: Sample) -> Warned:
    """The warning that LLM answers know the arms (see ``diagnostics.balance``)."""
    text = "LLM answers under one and the same condition differ between the arms: estimates using them are exploratory"
    place = next(c.pointer for c in sample.columns if c.kind == "prediction")
    return Warned("predictions_differ_by_arm", text, place)


def _dropped(sample: Sample, dropped: Dropped) -> Warned:
    column = sample.columns[dropped.column]
    reason = {
        "constant_column": "does not vary among the humans",
        "collinear_column": "repeats what the columns before it say",
        "rare_indicator": "has fewer than 3 humans in one of its two states in some arm",
        "isolated_unit": "is carried by a single unit",
    }[dropped.code]
    where = "" if dropped.arm is None else f" of arm {sample.arms[dropped.arm]!r}"
    return Warned(dropped.code, f"column {column.name!r} {reason}{where} and was left out", column.pointer)


def _outcome_doubt(sample: Sample, arm: str) -> Warned | None:
    """An arm's rare answer; else Cochran's rule: a mean's normal interval wants n > 25 g1^2, for skewness g1."""
    cells = [d for d, name in enumerate(sample.arms) if name == arm]
    answers = [s.y for d in cells if isinstance(s := sample.human[d], Units) and s.y is not None]
    if not answers:
        return None
    y, place = np.concatenate(answers), sample.pointers[cells[0]]
    rarer = rarer_of_two(y)
    if rarer is None and _skewed(np.concatenate([v - v.mean() for v in answers])):
        text = "the outcome is so skewed for its number of humans that the t interval may be too short"
        off = outlying.far_off(y)
        codes = f"; {off} of {y.size} answers are far from all others: codes for missing?" if off else ""
        return Warned("skewed_outcome", text + codes, place)
    if rarer and rarer < FEW_MINORITY:
        text = f"fewer than {FEW_MINORITY} humans of an arm gave the rarer of two answers: no interval is trustworthy"
        return Warned("rare_outcome", text, place)
    return None


def _skewed_influence(sample: Sample) -> list[Warned]:
    """The same rule for the humans' influence values on a coefficient: few answers, or few units, make it up."""
    found = []
    for source, place in zip(sample.human, sample.pointers, strict=True):
        if isinstance(source, Units) and source.y is not None and _skewed(source.y):
            what = "the estimate" if sample.component is None else f"{sample.component!r}"
            text = f"so few of the humans' answers make up {what} that its interval may be too short"
            found.append(Warned("skewed_influence", text, place))
    return found


def _skewed(y: FloatArray) -> bool:
    deviations = y - y.mean()
    square = float(deviations @ deviations) / y.shape[0]
    if square <= 0.0:
        return False
    skewness = float(deviations @ (deviations * deviations)) / y.shape[0] / square**1.5
    return bool(abs(skewness) > most_skewness(y.shape[0]))


def most_skewness(n: int) -> float:
    """Skewness beyond which the t interval of a mean of n humans is doubted."""
    return max(sqrt(n / COCHRAN), 2.0 * sqrt(6.0 / n))
