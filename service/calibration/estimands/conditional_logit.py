"""Conditional logit: part-worths of alternatives that compete in choice sets (choice-based conjoint).

Formula: p_j = exp(x_j'theta) / sum over the set of exp(x_l'theta),   sum over sets w_s sum_j x_j (y_j - p_j) = 0,
    H = sum_s w_s sum_j p_j (x_j - xbar_s)(x_j - xbar_s)',  xbar_s = sum_j p_j x_j,   phi_s = (H / sum w)^{-1} score_s
A unit is a whole set: its rows carry the set's influence values, and its first row stands for it (see ``linearised``).
LLM answers are choices or choice probabilities; they are divided by their sum over the set, and where that is 0 every
alternative counts alike. Covariates that adjust enter by least squares within sets.
Shapes: one estimate per term (no intercept: it cancels). Units: utility (log odds) per unit of the term.
Assumes: one alternative chosen per set; independence of irrelevant alternatives for the coefficients' meaning.
Breaks: several sets of one respondent without cluster: intervals too short (``cluster_advised``).
Raises: ``not_one_choice``, ``lone_alternative``, ``missing_choice_set``, what ``linearised`` raises.
Source: McFadden (1974), in Frontiers in Econometrics; Train (2009), Discrete Choice Methods, chapter 3.
Differs: one step from the human fit instead of a new fit; slopes of least squares per coefficient.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy

from service.calibration import generalized_linear
from service.calibration.card import Card
from service.calibration.errors import InvalidPlan, InvalidSample, Warned
from service.calibration.influence import Design, Fitted
from service.calibration.linearised import Statistic, outcomes
from service.calibration.model_rows import Rows
from service.calibration.moments import FloatArray, IntArray
from service.calibration.newton import Local, factor_of, maximum
from service.calibration.sample import Sample

CARD = Card(
    name="conditional_logit",
    title="Conditional logit part-worths (choice-based conjoint)",
    formula="sum over sets of x_j (y_j - p_j) = 0, calibrated coefficient by coefficient through influence values",
    assumptions=("one alternative is chosen per set", "independence of irrelevant alternatives"),
    limits=("several sets of one respondent without cluster: intervals too short (cluster_advised)",),
    sources=("McFadden (1974), Frontiers in Econometrics", "Train (2009), Discrete Choice Methods, chapter 3"),
)


@dataclass(frozen=True, slots=True)
class _Sets:
    """Rows of sets: number of every row's set (n,), weight of every set (S,), terms x (k, n) centred within sets."""

    of: IntArray
    weight: FloatArray
    x: FloatArray
    scale: FloatArray

    def sums(self, rows: FloatArray) -> FloatArray:
        """Sums over sets of rows (q, n), as (q, S)."""
        return np.array([np.bincount(self.of, row, self.weight.shape[0]) for row in rows])


def _sets(design: Design, weight: FloatArray) -> _Sets:
    assert design.choice_set is not None
    of = np.unique(design.choice_set, return_inverse=True)[1]
    size = np.bincount(of)
    own = np.bincount(of, weight) / size
    own = own / own.mean()
    x = design.x[1:]
    x = x - np.array([np.bincount(of, row) / size for row in x])[:, of]
    scale = np.sqrt((x * x) @ own[of])
    terms = Design(x, design.names[1:], design.keys[1:])
    generalized_linear.lower_factor((x * own[of]) @ x.T, terms)
    return _Sets(of, own, x / scale[:, None], scale)


def fit(answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """The weighted maximum likelihood fit of choices (1, n), shared out within sets."""
    sets = _sets(design, weight)
    size = np.bincount(sets.of)
    total = np.bincount(sets.of, answers[0])
    y = np.where(total > 0.0, 1.0 / np.where(total > 0.0, total, 1.0), 0.0)[sets.of] * answers[0]
    y = np.where(total[sets.of] > 0.0, y, 1.0 / size[sets.of])
    theta, converged = maximum(partial(_local, sets, y), np.zeros(sets.x.shape[0]))
    p = _probabilities(sets, theta @ sets.x)
    centred = _centred(sets, p)
    root = factor_of((centred * p * sets.weight[sets.of]) @ centred.T)
    return Fitted(
        names=design.names[1:],
        theta=theta / sets.scale,
        influence=_influence(sets, root, sets.sums(sets.x * (y - p))),
        factor=_factor(
            sets, scipy.linalg.solve_triangular(root, centred * np.sqrt(p * sets.weight[sets.of]), lower=True)
        ),
        root=root.T * sets.scale,
        converged=converged,
    )


def _influence(sets: _Sets, root: FloatArray, score: FloatArray) -> FloatArray:
    """The influence of every set's score (k, S), on all of its rows (k, n)."""
    back = scipy.linalg.solve_triangular(root, np.diag(1.0 / sets.scale), lower=True)
    found = float(sets.weight.sum()) * (back.T @ scipy.linalg.solve_triangular(root, score, lower=True))
    return np.asarray(found[:, sets.of])


def _factor(sets: _Sets, rows: FloatArray) -> FloatArray:
    """F (r, k, n) of every set on its first row, from its alternatives' whitened terms (k, n); r at most k."""
    k, count = rows.shape[0], sets.weight.shape[0]
    grams = np.array([[np.bincount(sets.of, a * b, count) for a in rows] for b in rows])
    values, vectors = np.linalg.eigh(np.moveaxis(grams, 2, 0))
    rank = min(k, int(np.bincount(sets.of).max()) - 1)
    half = (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])[:, :, k - rank :]
    found = np.zeros((rank, k, rows.shape[1]))
    found[:, :, np.unique(sets.of, return_index=True)[1]] = np.moveaxis(half, (0, 1, 2), (2, 1, 0))
    return found


def _probabilities(sets: _Sets, eta: FloatArray) -> FloatArray:
    """Probabilities (n,) within sets."""
    top = np.full(sets.weight.shape[0], -np.inf)
    np.maximum.at(top, sets.of, eta)
    found = np.exp(eta - top[sets.of])
    return np.asarray(found / np.bincount(sets.of, found)[sets.of])


def _centred(sets: _Sets, p: FloatArray) -> FloatArray:
    """Terms less their means under the choice probabilities."""
    return np.asarray(sets.x - sets.sums(sets.x * p)[:, sets.of])


def _local(sets: _Sets, y: FloatArray, theta: FloatArray) -> Local:
    eta, weight = theta @ sets.x, sets.weight[sets.of]
    p = _probabilities(sets, eta)
    centred = _centred(sets, p)
    likelihood = float(weight @ (y * np.log(np.maximum(p, np.finfo(float).tiny))))
    curvature = (centred * (p * weight)) @ centred.T
    return Local(likelihood, sets.x @ (weight * (y - p)), curvature, float(np.abs(eta).max()))


def adjusting(answers: FloatArray, design: Design, weight: FloatArray) -> Fitted:
    """A covariate's least squares on the terms within sets."""
    sets = _sets(design, weight)
    gram = (sets.x * sets.weight[sets.of]) @ sets.x.T
    z = answers[0] - (np.bincount(sets.of, answers[0]) / np.bincount(sets.of))[sets.of]
    root = factor_of(gram)
    theta = np.linalg.solve(gram, sets.x @ (z * sets.weight[sets.of]))
    score = sets.sums(sets.x * (z - theta @ sets.x))
    return Fitted(design.names[1:], theta / sets.scale, _influence(sets, root, score))


def prepared(sample: Sample, human: Rows) -> tuple[Design, tuple[Warned, ...]]:
    """The design as it is; refuses sets of humans without exactly one choice, doubts missing clusters."""
    design, place = human.design, sample.pointers[0]
    if design.choice_set is None:
        text, hint = "no choice sets are named", "name the covariate that tells the sets apart in choice_set"
        raise InvalidPlan.at("/plan/estimand/choice_set", "missing_choice_set", text, hint)
    of, y = np.unique(design.choice_set, return_inverse=True)[1], outcomes(sample)[0]
    if np.bincount(of).min() < 2:
        text, hint = "a choice set of humans has a single row", "send every alternative of a set as a row of its own"
        raise InvalidSample.at(place, "lone_alternative", text, hint)
    if not np.isin(y, (0.0, 1.0)).all() or (np.bincount(of, y) != 1.0).any():
        text = "a choice set of humans has not exactly one chosen alternative"
        raise InvalidSample.at(place, "not_one_choice", text, "outcome 1 for the alternative chosen, 0 for the others")
    if sample.clustered:
        return design, ()
    text = "choices of one respondent are not independent: without cluster, every choice set counts as its own"
    return design, (Warned("cluster_advised", text, "/data/cluster"),)


STATISTIC = Statistic(fit, low=0.0, high=1.0, adjusting=adjusting, prepared=prepared)
