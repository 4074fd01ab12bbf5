"""The p-value of a permutation test, fine enough for the card: 5,000 permutations where the first 1,000 find none.

Formula: (1 + permutations at least as extreme) / (1 + permutations) of the first ``PERMUTATIONS``; if none was as
extreme, the same of ``MORE`` times as many fresh ones. For levels above 1/1,000 it rejects no more often than the first
alone, for levels below no more often than the second: valid at every level.
Shapes: none. Units: none.
Assumes: permutations under which the data is as likely as it is. Breaks: nothing.
Raises: nothing.
Source: Phipson & Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9, article 39.
Differs: the second stage.
"""

from __future__ import annotations

from collections.abc import Callable

PERMUTATIONS = 999
MORE = 5


def permutation_p_value(reached: Callable[[], int]) -> float:
    """From a function that draws ``PERMUTATIONS`` anew and counts those at least as extreme as the data."""
    first = reached()
    if first:
        return (1.0 + first) / (1.0 + PERMUTATIONS)
    return (1.0 + sum(reached() for _ in range(MORE))) / (1.0 + MORE * PERMUTATIONS)
