"""Balance: whether LLM answers under all conditions differ between the arms, which random assignment does not allow.

Formula: Hotelling's T^2 of each arm's humans against all others on the prediction columns (of two arms one against the
other); the smallest p-value times their number, below ``LEVEL``.
Shapes: D arms, p prediction columns. Units: none.
Assumes: equally weighted, independent units of one stratum; others are not looked at. Exact for Gaussian columns; the
worst of 20 designs (20 and 200 humans, log-normal columns) gave 1.1 % false alarms in place of .1 %.
Breaks: predictions that know the arm only a little, or few humans; the check ``randomization`` measures how much.
Raises: nothing.
Source: Hotelling (1931); Bonferroni. Differs: the level, because every answer is looked at and a leak is no small one.
"""

from __future__ import annotations

from service.calibration.diagnostics.groups import Groups, p_value
from service.calibration.moments import Moments, merge, of_columns
from service.calibration.sample import Sample, Units

LEVEL = 0.001


def unbalanced(sample: Sample) -> bool:
    """Whether predictions that are the same for every arm's humans nevertheless tell the arms apart."""
    index = [j for j, c in enumerate(sample.columns) if c.kind == "prediction"]
    if not (sample.shared and sample.plain and index):
        return False
    arms = [_predictions(source, index) for source in sample.human]
    columns = tuple(sample.columns[j] for j in index)
    values = []
    for d in range(len(arms) if len(arms) > 2 else 1):
        value = p_value(Groups(columns, arms[d], merge([arm for e, arm in enumerate(arms) if e != d])))
        values += [] if value is None else [value]
    return bool(values) and len(values) * min(values) < LEVEL


def _predictions(source: Units | Moments, index: list[int]) -> Moments:
    return source.select([j + 1 for j in index]) if isinstance(source, Moments) else of_columns(source.c[index])
