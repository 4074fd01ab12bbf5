"""Auto: regression calibration under the limited-harm rule, the default; ridge where columns are many.

Formula: with p_d columns after dropping and n_d humans (Kish's n with weights),
    p_d <= n_d/5   the arm's least-squares slope where adjusted R_d^2 > p_d/(n_d - 2) and n_d >= p_d + 4, else slope 0
    p_d > n_d/5    a ridge slope, penalty by leave-one-out error on a grid that ends in slope 0 (see ``ridge``)
A ridge slope is fixed, in the joint influence form, with residuals of fits that left the human out:
    r_i = a_i l_i / sqrt(g_i),  a_i = w_i/n_d,   df_d = n_d - 1 - effective columns
Slopes of influence values (coefficients) also need a degree of freedom that the model's fit leaves, and where they are
several a smaller leave-one-out error than none:
    sum (e_i / (1 - h_i))^2 < sum ((y_i - ybar) / (1 - w_i/n))^2
The rules look at R^2 and prediction error, never at the estimate, and serve every contrast; for shares
R^2 = 1 - sum RSS_k / sum TSS_k over all categories, and one penalty: one decision per arm.
Ridge needs rows (of moments ``doubts`` tells), n_d >= 8, and no clusters, strata or influence values; elsewhere the
first rule serves any p_d.
Shapes: slope (D, p). Units: outcome units.
Assumes: as ``regression``. Breaks: with a worthless LLM choosing costs 3-4 % of variance at n = 20 and 6-12 % at
n = 10 (``variance_ratio`` at rho 0 in tests/coverage/results.jsonl); ridge on 10 or 20 worthless columns 2-5 % at
n = 30 or 50. Ridge intervals are wide where shrinking hides much (twins, R^2 .64, 8 columns, n = 30: .96-.97).
Raises: nothing.
Source: Mani et al. 2505.20178 for one column; Allen (1974) and Golub, Heath & Wahba (1979) for the penalty.
Differs: adjusted R^2, arm by arm, any number of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.calibration import leverage
from service.calibration.arm_estimate import PooledSlope
from service.calibration.card import Card
from service.calibration.errors import Warned
from service.calibration.estimate import Estimate, Frame, assemble
from service.calibration.least_squares import ArmFit
from service.calibration.moments import FloatArray
from service.calibration.ridge import Ridge, ridge

CARD = Card(
    name="auto",
    title="Regression calibration with limited harm (default)",
    formula="regression calibration in the arms where adjusted R^2 > p/(n - 2) and n >= p + 4, human-only elsewhere; "
    "where p > n/5 a ridge slope with leave-one-out penalty",
    assumptions=("as regression; the choice looks at R^2 and prediction error only, never at the estimate",),
    limits=(
        "limited harm, not no harm: with a worthless LLM 3-4 % more variance at 20 humans per arm, 6-12 % at 10",
        "intervals cover .935 to .953 at 10 humans per arm",
    ),
    sources=("arXiv 2505.20178", "Lin (2013), AOAS 7:295-318", "Golub, Heath & Wahba (1979), Technometrics 21:215-223"),
)
MANY = 0.2  # columns per human beyond which the slope is shrunk
FEWEST = 8  # humans that leaving one out can choose by


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - slopes serve every contrast
    """Each arm's slope where it helps, else 0."""
    none = np.zeros(len(frame.sample.columns))
    slopes: list[ArmFit | PooledSlope | FloatArray] = []
    shrunk: list[Ridge | None] = []
    for d in range(len(frame.sample.arms)):
        columns = many(frame, d)
        found = ridge(frame.arms[d], columns, _categories(frame, d)) if columns else None
        shrunk.append(found)
        if found is not None:
            slopes.append(found.slope)
        else:
            slopes.append(frame.slope(d) if not columns and helpful(frame, d) else none)
    return _left_out(assemble(frame, slopes, frame.pools), shrunk)


def many(frame: Frame, arm: int) -> tuple[int, ...]:
    """The columns of an arm that has more than n/5 of them and is to take a ridge slope; none for other arms."""
    return _many(frame, arm) if frame.sample.has_rows else ()


def doubts(frame: Frame) -> list[Warned]:
    """Warnings about the arms of moments that would take a ridge slope if there were rows."""
    text = "arm {!r} has fewer than five humans per column: from rows its slope would be shrunk, from moments it is not"
    sample = frame.sample
    if sample.has_rows:
        return []
    places = enumerate(zip(sample.arms, sample.pointers, strict=True))
    return [Warned("ridge_needs_rows", text.format(arm), place) for d, (arm, place) in places if _many(frame, d)]


def _many(frame: Frame, arm: int) -> tuple[int, ...]:
    sample, joint = frame.sample, frame.human[arm]
    if sample.clustered or sample.strata or sample.linearised or not frame.has_pool[arm] or joint.size < FEWEST:
        return ()
    fit, usable = frame.screened.fits[arm], frame.screened.usable
    columns = fit.kept if fit is not None else tuple(j for j in usable if joint.scatter[j + 1, j + 1] > 0.0)
    return columns if len(columns) > MANY * joint.size else ()


def helpful(frame: Frame, arm: int) -> bool:
    """Whether the limited-harm rule lets the arm's slope be used; strata and categories are decided together."""
    fit = frame.whole[arm]
    if fit is None or not frame.has_pool[arm] or fit.rank == 0 or fit.size < fit.rank + 4:
        return False
    if frame.sample.linearised and not frame.sample.chosen and not _predicts(frame, arm, fit):
        return False
    return fit.adjusted(explained(frame, arm, fit)) > fit.rank / (fit.size - 2.0)


def _predicts(frame: Frame, arm: int, fit: ArmFit) -> bool:
    """Whether slopes of influence values are worth having: a degree of freedom is left, several tell who was left out.

    Influence values of humans and LLMs share their terms, so R^2 of several columns is large by chance alone; the
    leave-one-out error knows better: sum (e_i / (1 - h_i))^2 < sum ((y_i - ybar) / (1 - w_i / n))^2.
    """
    if fit.df_left is not None and not frame.sample.empirical and fit.df_left - fit.rank <= 1.0:
        return False
    own = frame.arms[arm]
    if fit.rank == 1 or own.deviations is None or fit.rows is None:
        return True
    y, alone = own.deviations[0], 1.0 / fit.n if own.root_weight is None else own.root_weight**2 / fit.n
    slope = fit.slope @ own.deviations[1:]
    left_out, without = (y - slope) / (1.0 - fit.rows.leverage), y / (1.0 - alone)
    return float(left_out @ left_out) < float(without @ without)


def explained(frame: Frame, arm: int, fit: ArmFit) -> float:
    """R^2 of an arm's outcome, or of the indicators of all categories."""
    return _of_all_categories(frame, arm, fit) if frame.sample.chosen else fit.r_squared


def spread(frame: Frame, arm: int) -> float:
    """The outcome's variance among an arm's humans, or that of the indicators of all categories together."""
    joint = frame.human[arm]
    deviations = _categories(frame, arm)
    total = float(joint.scatter[0, 0]) if deviations is None else float(np.vdot(deviations, deviations))
    return total / (joint.n - 1)


def _of_all_categories(frame: Frame, arm: int, fit: ArmFit) -> float:
    """R^2 of the indicators of all categories together, 1 - sum RSS_k / sum TSS_k: one decision for all shares."""
    sample = frame.sample
    cells = [d for d, name in enumerate(sample.arms) if name == sample.arms[arm]] if sample.stratum_of else [arm]
    deviations = np.concatenate([_indicators(frame, d) for d in cells], axis=1)
    assert fit.rows is not None
    total, scores = float(np.vdot(deviations, deviations)), fit.rows.basis @ deviations.T
    return float(np.vdot(scores, scores)) / total if total > 0.0 else 0.0


def _categories(frame: Frame, arm: int) -> FloatArray | None:
    return _indicators(frame, arm) if frame.sample.chosen else None


def _indicators(frame: Frame, arm: int) -> FloatArray:
    """Who chose each category (K, n), as sqrt(w) x deviations from the weighted shares."""
    sample, root = frame.sample, frame.arms[arm].root_weight
    indicators = np.equal(sample.chosen[arm], np.arange(len(sample.categories))[:, None]).astype(np.float64)
    weight = 1.0 if root is None else root * root
    deviations = indicators - (indicators * weight).mean(axis=1, keepdims=True)
    return np.asarray(deviations if root is None else deviations * root)


def _left_out(estimate: Estimate, shrunk: Sequence[Ridge | None]) -> Estimate:
    """The estimate with the left-out residuals of its ridge slopes in place of those that have seen every human."""
    influence, variance, df = list(estimate.influence), estimate.variance.copy(), estimate.df.copy()
    for d, found in enumerate(shrunk):
        if found is None:
            continue
        n, root = found.residual.shape[0], estimate.frame.arms[d].root_weight
        a = np.full(n, 1.0 / n) if root is None else root**2 / n
        r = a * found.residual / np.sqrt(leverage.kept(leverage.with_constant(np.zeros((0, n)), root), root))
        influence[d], variance[d], df[d] = r, float(r @ r), max(1.0, df[d] - found.effective)
    return replace(estimate, influence=tuple(influence), variance=variance, df=df)
