"""How well every LLM alone knows who answers what, scored on answers that its slopes have not seen.

Name: cross-fitted PPI correlation, the individual level of fidelity; differences to the best.
Formula: b_dk the slopes of y on a model's columns in arm d outside fold k (see ``cross_fitting``; without covariates),
h_i = b_dk'(c_i - cbar_d) of a human of fold k; with u, v the deviations of y and h from their arms' means, divided by
their root mean squares over all arms,
    score r = mean u v,   phi_i = (u_i v_i - r (u_i^2 + v_i^2) / 2) / n,
    se^2 = (1 + K / (K - 1)) sum of phi^2 / (1 - l),
    l_i = (1 + (u_i^2 + v_i^2 - 2 r u_i v_i) / (1 - r^2)) / n
the factor for the slopes of K folds that share training humans; phi and l summed within clusters first; t with G - 1
degrees of freedom for G clusters (or units);
interval tanh(atanh r -+ t se / (1 - r^2)). Against the best d = r - r_best with se from phi - phi_best and an interval
of the level of ``model_scores``, that holds for all pairs together.
A constant correlates with nothing and scores 0; answers of the reversed scale score as those of the scale, for slopes
undo it.
Shapes: M models, D arms, n humans. Units: none.
Assumes: units (or clusters) independent. Breaks: a worthless model scores somewhat below 0 with few humans.
Raises: nothing.
Source: Broska, Howes & van Loon (2025), Sociological Methods & Research 54(3) (PPI correlation); Devlin, Gnanadesikan &
Kettenring (1975), Biometrika 62:531-545 (phi); Nadeau & Bengio (2003), Machine Learning 52:239-281 (shared training).
Differs: out of fold, so that more columns do not flatter; survey weights count units in means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from scipy.special import stdtrit

from service.calibration.cross_fitting import Folds, training
from service.calibration.estimate import Frame
from service.calibration.model_scores import Against, paired_level, shared_training
from service.calibration.moments import FloatArray, IntArray
from service.calibration.sample import Units

LEAST = 1e-12
NEAR_ONE = 1.0 - 1e-9
FLOOR = 0.01  # of 1 - leverage: one unit that a score rests on is not made more of


@dataclass(frozen=True, slots=True)
class FidelityScore:
    """A model's cross-fitted correlation with its standard error and interval, its rank, how far the best is ahead."""

    rank: int
    correlation: float
    standard_error: float
    lower: float
    upper: float
    to_best: Against | None


@dataclass(frozen=True, slots=True)
class _Scored:
    """A score r with the influence (groups,) of every unit or cluster on it."""

    r: float
    influence: FloatArray

    def error(self, other: _Scored | None = None) -> float:
        """Standard error of the score, or of its difference to another's."""
        own = self.influence if other is None else self.influence - other.influence
        return sqrt(float(own @ own))


def fidelity_scores(frame: Frame, folds: Folds, models: Sequence[str], level: float) -> Mapping[str, FidelityScore]:
    """Every model's score; a model with too many columns for the humans of an arm has none."""
    outcome = _deviations(frame)
    shared = shared_training(folds.count)
    found = {m: _scored(frame, outcome, h, shared) for m, h in _predicted(frame, folds, models).items()}
    order = sorted(found, key=lambda m: -found[m].r)
    together = paired_level(level, len(order))
    return {
        m: FidelityScore(
            place + 1,
            found[m].r,
            found[m].error(),
            *_interval(found[m], level),
            _against(found[m], found[order[0]], together) if place else None,
        )
        for place, m in enumerate(order)
    }


def _predicted(frame: Frame, folds: Folds, models: Sequence[str]) -> dict[str, list[FloatArray]]:
    """What every model says of the humans of every arm (n_d,), with slopes from outside their fold."""
    sample, usable = frame.sample, frame.screened.usable
    own = {m: [j for j in usable if sample.columns[j].model == m] for m in models}
    units = [u for u in sample.human if isinstance(u, Units)]
    found = {m: [np.zeros(u.n) for u in units] for m in models}
    for k in range(folds.count):
        outside = training(frame, folds, k)
        for model, columns in own.items():
            fits = [fit for fit in outside.fits_on(columns) if fit is not None]
            if len(fits) < len(sample.arms):
                found.pop(model, None)
            for d, fit in enumerate(fits if model in found else ()):
                at = np.flatnonzero(folds.human[d] == k)
                found[model][d][at] = fit.slope @ (units[d].c[:, at] - frame.human[d].mean[1:, None])
    return found


def _scored(frame: Frame, outcome: FloatArray, predicted: Sequence[FloatArray], shared: float) -> _Scored:
    """The score of predictions by arm and the influence of every unit or cluster, times ``shared``."""
    weight, groups = _weights(frame), _groups(frame)
    v = np.concatenate([h - np.average(h, weights=w) for h, w in zip(predicted, _by_arm(frame), strict=True)])
    spread = sqrt(float(weight @ np.square(v)))
    v = v / spread if spread > LEAST * np.abs(np.concatenate(predicted)).max(initial=LEAST) else np.zeros_like(v)
    r = float(weight @ (outcome * v))
    squares = np.square(outcome) + np.square(v)
    leverage = weight * (1.0 + (squares - 2.0 * r * outcome * v) / max(1.0 - r * r, LEAST))
    phi = weight * (outcome * v - r * squares / 2.0)
    if groups is not None:
        phi, leverage = (np.bincount(groups, values).astype(np.float64) for values in (phi, leverage))
    return _Scored(r, np.asarray(shared * phi / np.sqrt(np.maximum(1.0 - leverage, FLOOR))))


def _interval(own: _Scored, level: float) -> tuple[float, float]:
    if abs(own.r) > NEAR_ONE:
        return own.r, own.r
    size = float(stdtrit(own.influence.shape[0] - 1.0, (1.0 + level) / 2.0)) * own.error() / (1.0 - own.r * own.r)
    return tanh(atanh(own.r) - size), tanh(atanh(own.r) + size)


def _against(own: _Scored, best: _Scored, level: float) -> Against:
    gap = own.r - best.r
    reach = float(stdtrit(own.influence.shape[0] - 1.0, (1.0 + level) / 2.0)) * own.error(best)
    return Against(gap, gap - reach, gap + reach, gap + reach < 0.0)


def _deviations(frame: Frame) -> FloatArray:
    """The humans' answers as deviations from their arms' means, with mean square 1."""
    parts = [u.y for u in frame.sample.human if isinstance(u, Units) and u.y is not None]
    u = np.concatenate([y - np.average(y, weights=w) for y, w in zip(parts, _by_arm(frame), strict=True)])
    return np.asarray(u / sqrt(float(_weights(frame) @ np.square(u))))


def _by_arm(frame: Frame) -> list[FloatArray]:
    units = [u for u in frame.sample.human if isinstance(u, Units)]
    return [np.ones(u.n) if u.weight is None else np.asarray(u.weight) for u in units]


def _weights(frame: Frame) -> FloatArray:
    """Every human's weight over all arms, summing to 1."""
    weight = np.concatenate(_by_arm(frame))
    return np.asarray(weight / weight.sum())


def _groups(frame: Frame) -> IntArray | None:
    """Every human's cluster over all arms, from 0; None without clusters."""
    codes = [u.cluster for u in frame.sample.human if isinstance(u, Units) and u.cluster is not None]
    return np.unique(np.concatenate(codes), return_inverse=True)[1] if codes else None
