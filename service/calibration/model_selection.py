"""The choice of one LLM among several, made for every fold by the humans outside it.

Name: cross-fitted model selection.
Formula: outside every fold (see ``cross_fitting``) each model alone, with the covariates, is fitted in every arm d;
with s_d^2 the outcome's variance there and R_d^2 adjusted, it is worth the variance it would save of all arms' means
    worth = sum over arms of s_d^2 R_d^2 / n_d
and the fold takes the model of the largest worth, with its slopes. Under the limited-harm rule an arm counts, and has a
slope, only where
    R_d^2 > (p_d + 2 log M) / (n_d - 2)  and  n_d >= p_d + 4
of M models with p_d columns, and is worth s_d^2 (R_d^2 - 2 log M / (n_d - 2)) / n_d there: the best of M worthless
models has an F of about 1 + 2 log M. Where no model is worth more than none, none is taken: the covariates alone, if
these count, or human-only. Shares: R^2 and s^2 of all categories, one choice.
Shapes: K folds, M models, D arms (cells), p columns. Units: squared outcome units.
Assumes: as ``cross_fitting``. Breaks: few humans: folds' choices depend on each other and intervals cover .92, so that
below 50 independent units (humans, or clusters) in an arm none is chosen and all are used together.
Raises: ``rows_required``, ``unsupported_combination``, ``too_few_for_folds``, ``too_many_columns``.
Source: Foster & George (1994), Annals of Statistics 22:1947-1975 (the price 2 log M); Varma & Simon (2006), BMC
Bioinformatics 7:91 (the choice inside the cross-validation).
Differs: in-sample adjusted R^2 outside the fold chooses, since the fold itself tells what the choice is worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np

from service.calibration.cross_fitting import Folds, Learned, cross_fitted, dealt, training
from service.calibration.errors import CalibrationError, NotIdentified, UnsupportedCombination, Warned
from service.calibration.estimate import Estimate, Frame
from service.calibration.estimators import auto
from service.calibration.least_squares import ArmFit
from service.calibration.moments import FloatArray, Moments
from service.calibration.plan import Plan
from service.calibration.sample import Sample, Units

PLACE = "/plan/model_selection"
FEWEST_MODELS = 2
FEWEST_UNITS = 50  # independent humans of an arm below which the folds' choices depend on each other too much
ESTIMATORS = ("auto", "regression")
INTERVALS = ("auto", "t", "normal", "score", "bootstrap", "bootstrap_t")


@dataclass(frozen=True, slots=True)
class _Tried:
    """A candidate outside one fold: its slopes (D, columns) on its own columns, and what it is worth in each arm (D,).

    ``possible``: every arm with a pool has humans enough for its columns.
    """

    slope: FloatArray
    worth: FloatArray
    possible: bool


@dataclass(frozen=True)
class Selection:
    """The models tried outside every fold; ``models`` and ``columns`` are those of the candidates.

    The last candidate is no model: the covariates alone.
    """

    frame: Frame
    folds: Folds
    models: tuple[str | None, ...]
    columns: tuple[tuple[int, ...], ...]
    tried: tuple[tuple[_Tried, ...], ...]
    limited: bool

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The candidate that every fold takes."""
        return tuple(self._best(fold) for fold in self.tried)

    @property
    def chosen(self) -> tuple[str | None, ...]:
        """The model that every fold takes; None: none."""
        return tuple(self.models[place] for place in self.places)

    @cached_property
    def estimate(self) -> Estimate:
        """The cross-fitted estimate of every arm."""
        return cross_fitted(self.frame, self._learned(self.places))

    def of_model(self, model: str) -> Estimate:
        """The estimate as if every fold had taken this model, whatever it is worth."""
        return cross_fitted(self.frame, self._learned([self.models.index(model)] * self.folds.count, limited=False))

    def share(self, model: str) -> float:
        """The share of the humans whose fold takes a model."""
        sizes = np.bincount(np.concatenate(self.folds.human), minlength=self.folds.count)
        return float(sum(n for n, taken in zip(sizes, self.chosen, strict=True) if taken == model) / sizes.sum())

    @property
    def told(self) -> str:
        """Who was chosen in how many folds, in words."""
        counts = Counter(self.chosen)
        return ", ".join(f"{model or 'no model'} in {n}" for model, n in counts.most_common())

    def _best(self, fold: Sequence[_Tried]) -> int:
        """The first of the candidates that are worth most; the last one where none is worth anything."""
        total = [float(t.worth.sum()) if t.possible else -np.inf for t in fold]
        if self.limited:
            return int(np.argmax(total)) if max(total) > 0.0 else len(total) - 1
        if max(total[:-1]) == -np.inf:
            raise too_many(self.frame.sample)
        return int(np.argmax(total[:-1]))

    def _learned(self, places: Sequence[int], *, limited: bool | None = None) -> Learned:
        sample = self.frame.sample
        slope = np.zeros((self.folds.count, len(sample.arms), len(sample.columns)))
        for k, place in enumerate(places):
            tried = self.tried[k][place]
            kept = (self.limited if limited is None else limited) & (tried.worth <= 0.0)
            slope[k][:, list(self.columns[place])] = np.where(kept[:, None], 0.0, tried.slope)
        return Learned(self.folds, slope)


def selection(frame: Frame, *, limited: bool, seed: int) -> Selection:
    """Every model tried outside every fold; ``limited``: under the limited-harm rule."""
    sample, usable = frame.sample, frame.screened.usable
    beside = [j for j in usable if sample.columns[j].model is None]
    models: tuple[str | None, ...] = (*sample.models, None)
    columns = tuple(tuple(j for j in usable if j in beside or sample.columns[j].model == m) for m in models[:-1])
    columns = (*columns, tuple(beside))
    folds, price = dealt(sample, seed), 2.0 * log(len(sample.models))
    tried = []
    for k in range(folds.count):
        outside = training(frame, folds, k)
        prices = [price if model is not None else 0.0 for model in models]
        tried.append(tuple(_tried(frame, outside, own, p, limited) for own, p in zip(columns, prices, strict=True)))
    return Selection(frame, folds, models, columns, tuple(tried), limited)


def _tried(frame: Frame, outside: Frame, columns: tuple[int, ...], price: float, limited: bool) -> _Tried:
    """One candidate fitted outside a fold."""
    fits = outside.fits_on(columns)
    slope, worth = np.zeros((len(fits), len(columns))), np.zeros(len(fits))
    for d, fit in enumerate(fits):
        if fit is not None and frame.has_pool[d]:
            slope[d] = fit.slope[list(columns)]
            worth[d] = _worth(outside, d, fit, price if limited else None)
    return _Tried(slope, worth, all(f is not None for f, has in zip(fits, frame.has_pool, strict=True) if has))


def _worth(outside: Frame, arm: int, fit: ArmFit, price: float | None) -> float:
    """Variance of an arm's mean that a fit would save; 0 where the limited-harm rule (a ``price``) refuses it."""
    share = float(np.nan_to_num(fit.adjusted(auto.explained(outside, arm, fit)), posinf=0.0, neginf=0.0))
    if price is not None:
        looked = price / (fit.size - 2.0)
        if fit.size < fit.rank + 4 or share <= fit.rank / (fit.size - 2.0) + looked:
            return 0.0
        share -= looked
    return share * auto.spread(outside, arm) / outside.human[arm].size


def obstacle(sample: Sample) -> Warned | None:
    """Why none of a sample's models is chosen and all are used together, if so."""
    if len(sample.models) < FEWEST_MODELS:
        return Warned("nothing_to_select", "there are fewer than two models, so none was chosen", PLACE)
    fewest = min(map(_independent, sample.human))
    if fewest >= FEWEST_UNITS:
        return None
    text = (
        f"an arm has {fewest} independent humans (or clusters of them); below {FEWEST_UNITS} intervals around the best "
        "of many models are too short, so that all models are used together, as with model_selection all"
    )
    return Warned("too_few_to_select", text, PLACE)


def _independent(human: Units | Moments) -> int:
    clusters = human.cluster if isinstance(human, Units) else None
    return human.n if clusters is None else int(np.unique(clusters).size)


def too_many(sample: Sample) -> CalibrationError:
    """The refusal where no model can be fitted outside every fold."""
    return NotIdentified.at(
        sample.pointers[0],
        "too_many_columns",
        "an arm has too few humans outside some fold for the columns of any one model",
        "add humans (at least columns + 2 per arm outside every fold), or use estimator auto",
    )


def check(sample: Sample, plan: Plan) -> None:
    """Refuses what no model can be chosen for."""
    if plan.model_selection == "all":
        return
    if not sample.has_rows:
        raise UnsupportedCombination.at(
            PLACE,
            "rows_required",
            "the choice of a model needs every unit's row and the data holds moments",
            "send layout table or arrays, or use model_selection all",
        )
    coefficients = sample.linearised or plan.estimand == "quantile"
    refused = [
        (coefficients, "coefficients, statistics and quantiles", "means, mean differences and proportions"),
        (plan.estimator not in ESTIMATORS, f"estimator {plan.estimator}", f"estimators {', '.join(ESTIMATORS)}"),
        (plan.interval not in INTERVALS, f"interval {plan.interval}", f"intervals {', '.join(INTERVALS)}"),
        (plan.compat, "compat", "model_selection without compat"),
        (sample.margins is not None, "a target population", "model_selection all with target"),
        (
            any(c.population_mean is not None for c in sample.columns),
            "known population means",
            "columns without population_mean",
        ),
    ]
    for wrong, what, supported in refused:
        if wrong:
            text = f"no model is chosen with {what}"
            raise UnsupportedCombination.at(PLACE, "unsupported_combination", text, f"supported: {supported}")
