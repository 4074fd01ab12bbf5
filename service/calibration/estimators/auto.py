"""Auto: regression calibration under the limited-harm rule, the default.

Formula: arm d uses its least-squares slope where adjusted R_d^2 > p_d/(n_d - 2) and n_d >= p_d + 4 (p_d columns after
dropping); elsewhere its slope is 0. The rule looks at R^2, never at the estimate, and serves every contrast; for
shares R^2 = 1 - sum RSS_k / sum TSS_k over all categories, one decision per arm.
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
from service.calibration.least_squares import ArmFit
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
    """Whether the limited-harm rule lets the arm's slope be used; strata and categories are decided together."""
    fit = frame.whole[arm]
    if fit is None or not frame.has_pool[arm] or fit.rank == 0 or fit.size < fit.rank + 4:
        return False
    r_squared = _of_all_categories(frame, arm, fit) if frame.sample.chosen else fit.r_squared
    return fit.adjusted(r_squared) > fit.rank / (fit.size - 2.0)


def _of_all_categories(frame: Frame, arm: int, fit: ArmFit) -> float:
    """R^2 of the indicators of all categories together, 1 - sum RSS_k / sum TSS_k: one decision for all shares."""
    sample = frame.sample
    cells = [d for d, name in enumerate(sample.arms) if name == sample.arms[arm]] if sample.stratum_of else [arm]
    categories = np.arange(len(sample.categories))[:, None]
    parts = []
    for d in cells:
        indicators, root = np.equal(sample.chosen[d], categories).astype(np.float64), frame.arms[d].root_weight
        weight = 1.0 if root is None else root * root
        deviations = indicators - (indicators * weight).mean(axis=1, keepdims=True)
        parts.append(deviations if root is None else deviations * root)
    deviations = np.concatenate(parts, axis=1)
    assert fit.rows is not None
    total, scores = float(np.vdot(deviations, deviations)), fit.rows.basis @ deviations.T
    return float(np.vdot(scores, scores)) / total if total > 0.0 else 0.0
