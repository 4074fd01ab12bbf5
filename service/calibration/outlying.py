"""LLM answers far from all others: a code such as 99 among them, or a model gone astray, decides the pool's mean.

Formula: an answer of a column is far off if it lies more than ``FAR`` times half the distance of the 10 % and the 90 %
quantile from the median, and at most a tenth of the answers do.
Shapes: columns c (p, n) of humans and LLM-only units together. Units: none.
Assumes: nothing. Breaks: columns of which four fifths are one value, which have no such distance; of every source 5,000
evenly spaced units are looked at. Of normal answers none is called, of log-normal ones (sd of the logarithm 1, 300
units) in 7 % of samples.
Raises: nothing.
Source: the rule is ours; decisions/0048-answers-far-off.md has what intervals cover beside such answers.
Differs: in nothing.
"""

from __future__ import annotations

import numpy as np

from service.calibration.errors import Warned
from service.calibration.moments import FloatArray
from service.calibration.sample import Sample, Units

FAR = 20.0
LOOKED_AT = 5_000
TENTH = 10


def doubts(sample: Sample) -> list[Warned]:
    """The warnings about prediction columns with answers far off; rows only."""
    sources = [u for u in (*sample.human, *sample.llm_only) if isinstance(u, Units)]
    if not sources or sample.linearised:
        return []
    found = []
    for j, column in enumerate(sample.columns):
        if column.kind == "prediction":
            values = np.concatenate([u.c[j, :: 1 + u.n // LOOKED_AT] for u in sources])
            off = far_off(values)
            if off:
                text = (
                    f"{off} of {values.size} LLM answers in {column.name!r} are far from all others: codes for missing?"
                )
                found.append(Warned("outlying_predictions", text, column.pointer))
    return found


def far_off(values: FloatArray) -> int:
    """How many of these answers (n,) are far from all others; 0 where more than a tenth are."""
    n = values.shape[0]
    low, middle, high = np.partition(values, [n // TENTH, n // 2, n - 1 - n // TENTH])[
        [n // TENTH, n // 2, n - 1 - n // TENTH]
    ].tolist()
    reach = FAR * (high - low) / 2.0
    if reach <= 0.0 or max(values.max() - middle, middle - values.min()) <= reach:
        return 0
    return int((np.abs(values - middle) > reach).sum())
