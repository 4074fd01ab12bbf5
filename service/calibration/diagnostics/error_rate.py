"""One error rate for the whole card: every test of every check judged together.

Name: weighted Holm procedure.
Formula: sort the m tests by p_i / w_i; the adjusted p-value of the i-th is the largest over j <= i of
p_j (w_j + .. + w_m) / w_j, at most 1. Rejecting where it is at most a has family-wise error rate at most a,
whatever the dependence between the tests.
Weights: ``PRIMARY`` of the level goes to exchangeability, on which the claim of a calibration rests, and the rest in
equal parts to the other checks that have a test; checks that are not asked for leave their part to the others.
Within a check the whole sample has as much as all subgroups together.
Shapes: m tests. Units: none.
Assumes: valid p-values; weights that do not look at them.
Breaks: nothing; with many tests each has little power, which asking for fewer checks avoids.
Raises: nothing.
Source: Holm (1979), Scandinavian Journal of Statistics 6:65-70, section 4.
Differs: in nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

FIRST = "exchangeability"
PRIMARY = 0.9


@dataclass(frozen=True, slots=True)
class OneTest:
    """One test of the card: its check, whether it is of a subgroup, its p-value."""

    check: str
    subgroup: bool
    p_value: float


def adjusted(tests: Sequence[OneTest]) -> list[float]:
    """Adjusted p-values in the order of the tests."""
    weights = weights_of(tests)
    order = sorted(range(len(tests)), key=lambda i: (tests[i].p_value / weights[i], i))
    found = [1.0] * len(tests)
    left, largest = sum(weights), 0.0
    for i in order:
        largest = max(largest, min(1.0, tests[i].p_value * left / weights[i]))
        found[i] = largest
        left -= weights[i]
    return found


def weights_of(tests: Sequence[OneTest]) -> list[float]:
    """The part of the level that each test has, positive and summing to 1."""
    shares = _by_check({t.check for t in tests})
    size = Counter((t.check, t.subgroup) for t in tests)
    return [
        shares[t.check] / size[t.check, t.subgroup] / (2.0 if size[t.check, not t.subgroup] else 1.0) for t in tests
    ]


def _by_check(names: set[str]) -> dict[str, float]:
    others = names - {FIRST}
    if FIRST not in names or not others:
        return dict.fromkeys(names, 1.0 / max(1, len(names)))
    return {FIRST: PRIMARY} | dict.fromkeys(others, (1.0 - PRIMARY) / len(others))
