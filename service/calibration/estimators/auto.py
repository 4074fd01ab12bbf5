"""Auto: regression calibration under the limited-harm rule, the default.

Formula: arm d uses its least-squares slope where adjusted R_d^2 > p_d/(n_d - 2) and n_d >= p_d + 4 (p_d columns after
dropping); elsewhere its slope is 0. The rule looks at R^2, never at the estimate, and serves every contrast.
Shapes: slope (D, p). Units: outcome units.
Assumes: as ``regression``. Breaks: with a worthless LLM choosing costs 3-4 % of variance at n = 20 and 6-12 % at
n = 10 (``variance_ratio`` at rho 0 in tests/coverage/results.jsonl).
Raises: nothing.
Source: Mani et al. 2505.20178 for one column.
Differs: adjusted R^2, arm by arm, any number of columns.
"""

from __future__ import annotations

import numpy as np

from service.calibration.card import Card
from service.calibration.estimate import Estimate, Frame, assemble
from service.calibration.moments import FloatArray

CARD = Card(
    name="auto",
    title="Regression calibration with limited harm (default)",
    formula="regression calibration in the arms where adjusted R^2 > p/(n - 2) and n >= p + 4, human-only elsewhere",
    assumptions=("as regression; the choice looks at R^2 only, never at the estimate",),
    limits=(
        "limited harm, not no harm: with a worthless LLM 3-4 % more variance at 20 humans per arm, 6-12 % at 10",
        "intervals cover .935 to .953 at 10 humans per arm",
    ),
    sources=("arXiv 2505.20178", "Lin (2013), AOAS 7:295-318"),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - slopes serve every contrast
    """Each arm's least-squares slope where it helps, else 0."""
    none = np.zeros(len(frame.sample.columns))
    slopes = [frame.slope(d) if helpful(frame, d) else none for d in range(len(frame.sample.arms))]
    return assemble(frame, slopes, frame.pools)


def helpful(frame: Frame, arm: int) -> bool:
    """Whether the limited-harm rule lets the arm's slope be used; strata of one arm are decided together."""
    fit = frame.whole[arm]
    if fit is None or not frame.has_pool[arm] or fit.rank == 0 or fit.size < fit.rank + 4:
        return False
    return fit.adjusted_r_squared > fit.rank / (fit.size - 2.0)
