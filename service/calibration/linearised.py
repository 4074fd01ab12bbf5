"""From a sample and a statistic's fit to samples of influence values, one per component, which the engine analyses.

Formula: theta_H, phi_i the fit to the humans; for LLM l, gamma_l and phi^f_li the same statistic of its answers, fitted
to the pool (its own gamma_l and H_l). Component j is a population named ``all`` with
    y_i = theta_Hj + phi_ij,   c_il = gamma_lj + phi^f_lij          (``cross``: the influence on all components)
so that regression calibration of its mean is theta_Hj + b'(cbar* - cbar_H): one step, no iteration. Covariates outside
the model and refusals enter by the influence of their linear fit on the model's terms.
Under ``shared`` predictions a unit of the pool stands there once: the mean of phi^f_l over the arms (``model_rows``).
Shapes: n humans, M units of the pool, J components; samples of n humans and M others, p columns.
Units: those of the component.
Assumes: as the estimator. Raises: ``no_maximum``, ``isolated_term``, ``no_variation``, ``outside_range`` and what the
fit raises.
Residuals are phi_i - b' phi~^f_i with phi~^f the influence of the LLM's answers fitted to the humans alone: then the
residual lost exactly the leverage of the human fit, which the correction of ``influence`` gives back.
Source: Angelopoulos et al. 2301.09633 and 2311.01453 (rectified estimating equations); Tsiatis (2006), Semiparametric
Theory and Missing Data, chapter 3 (influence functions).
Differs: the LLM's side is linearised at its own fit, which keeps its influence efficient and affine invariant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from service.calibration import generalized_linear
from service.calibration.component_samples import Parts, Variate, component
from service.calibration.corrections import Correction, corrected
from service.calibration.errors import InvalidSample, NotIdentified, Problem, Warned
from service.calibration.imputed import seen_by
from service.calibration.influence import Design, Fitted, Fitter
from service.calibration.model_rows import Everyone, PoolRows, Rows, Slot, everyone, slots
from service.calibration.moments import FloatArray
from service.calibration.plan import Identification, Model
from service.calibration.redrawing import Redraws, redrawing
from service.calibration.sample import Link, Sample, Units
from service.calibration.scales import ScaleName

ROUNDING = 1e-14  # share of a column's size below which its values do not differ
ALONE = 1.0 - 1e-8  # leverage of a unit that carries a term alone
UNMOVED = 1e-9  # largest influence on a log, a logit, a g or a rank correlation that is rounding
on_terms: Fitter = partial(generalized_linear.fit, generalized_linear.LINEAR)
Prepared = Callable[[Sample, Rows], tuple[Design, tuple[Warned, ...]]]
Arms = Literal["together", "each", "compared"]


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic's fit, and the answers it is defined for.

    ``adjusting`` is the fit of covariates and refusals, with the same components; ``prepared`` what the statistic makes
    of the humans' design before any fit, which it may refuse or doubt; ``link`` the scale of its intervals. It is of
    all ``arms`` together, of each, or compares each with the first; ``scale`` is what it is fitted and calibrated on,
    where not its own; ``null`` (its own scale) is tested unless a plan says otherwise.
    """

    fitter: Fitter
    low: float = -np.inf
    high: float = np.inf
    adjusting: Fitter = on_terms
    prepared: Prepared | None = None
    link: Link | None = None
    arms: Arms = "together"
    scale: ScaleName | None = None
    null: float = 0.0


def linearised(
    sample: Sample, model: Model, identification: Identification, statistic: Statistic, redraws: Redraws | None = None
) -> tuple[Sample, ...]:
    """One sample per component of a statistic; the first arm is the reference where arms are terms.

    ``redraws``: how often their fits are made again on resampled humans.
    """
    _check_range(sample, statistic)
    rows = everyone(sample, model, identification)
    if statistic.prepared is not None:
        design, doubts = statistic.prepared(sample, rows.human)
        rows = rows.designed(design)
        sample = replace(sample, warnings=(*sample.warnings, *doubts))
    fit = statistic.fitter(outcomes(sample), rows.human.design, rows.human.weight).of(rows.human.standing)
    _check_fit(sample, fit)
    _check_moved(sample, fit)
    weighted = sample.weighted or identification == "sampling"
    units, others = rows.human.of(rows.human.standing), rows.pool.of(rows.pool.standing)
    clusters = units.cluster if sample.clustered else None
    correction = corrected(fit, clusters, jackknife=weighted, strata=units.stratum)
    variates = tuple(_variate(slot, sample, statistic, rows, correction) for slot in slots(sample))
    deviations = correction.of(fit.influence)
    parts = Parts(
        sample, identification, fit, correction, deviations, units, others, variates, model.cross, statistic.link
    )
    found = tuple(component(parts, j) for j in fit.places)
    return found if redraws is None else redrawing(parts, found, redraws)


def outcomes(sample: Sample) -> FloatArray:
    """The humans' answers, numbers (1, n) or indicators of categories (K, n)."""
    if sample.categories:
        chosen = np.concatenate(sample.chosen)
        return np.equal(chosen, np.arange(len(sample.categories))[:, None]).astype(np.float64)
    return np.concatenate([u.y for u in sample.human if isinstance(u, Units) and u.y is not None])[None] + sample.origin


def _check_range(sample: Sample, statistic: Statistic) -> None:
    """Refuses answers, of humans or of LLMs, that the statistic is not defined for."""
    low, high = statistic.low, statistic.high
    if np.isneginf(low) and np.isposinf(high):
        return
    problems = []
    span = f"outside [{low:g}, {high:g}]" if np.isfinite(high) else f"below {low:g}"
    text = f"an answer is {span}, which this estimand does not take"
    if not sample.categories and _outside(outcomes(sample), low, high):
        hint = "recode the outcome, or choose an estimand or statistic that takes any number"
        problems.append(Problem(sample.pointers[0], "outside_range", text, hint))
    for slot in slots(sample):
        for d, columns in enumerate(slot.columns if slot.answer else ()):
            for j in columns:
                sources = [sample.human[d], *(sample.llm_only if sample.shared else sample.llm_only[d : d + 1])]
                values = [u.c[j] + sample.columns[j].origin for u in sources if isinstance(u, Units)]
                if any(_outside(v, low, high) for v in values):
                    hint = "send predictions on the outcome's scale, or send the column as a covariate"
                    problems.append(Problem(sample.columns[j].pointer, "outside_range", text, hint))
    if problems:
        raise InvalidSample(list(dict.fromkeys(problems)))


def _outside(values: FloatArray, low: float, high: float) -> bool:
    return bool(values.min() < low or values.max() > high)


def _check_fit(sample: Sample, fit: Fitted) -> None:
    """Refuses a human fit without a finite maximum, and terms that one unit carries alone."""
    if not fit.converged:
        raise NotIdentified.at(
            sample.pointers[0],
            "no_maximum",
            "the humans' answers are told apart completely by the terms, so a coefficient has no finite estimate",
            "join rare levels or leave out a term; or use estimand linear",
        )
    if fit.influence.shape[1] <= max(fit.blocks, default=len(fit.names)) + 1:
        raise NotIdentified.at(
            sample.pointers[0],
            "too_many_terms",
            f"{fit.influence.shape[1]} humans cannot carry {max(fit.blocks, default=len(fit.names))} coefficients",
            "add humans, or leave out terms",
        )
    if float(fit.leverage.max()) > ALONE:
        raise NotIdentified.at(
            "/plan/estimand",
            "isolated_term",
            "a coefficient is carried by a single human, so its uncertainty cannot be estimated",
            "join rare levels, or leave out the term",
        )


def _check_moved(sample: Sample, fit: Fitted) -> None:
    """Refuses a statistic that no answer moves, as a variance of two answers given equally often: it has no error."""
    if fit.empirical and bool((np.abs(fit.influence) <= UNMOVED).all(axis=1).any()):
        raise NotIdentified.at(
            sample.pointers[0],
            "no_variation",
            "the statistic stands at an extreme, where no human answer moves it, so its error cannot be estimated",
            "collect more answers, or ask for the mean or another statistic",
        )


def _averaged(values: FloatArray, pool: PoolRows) -> FloatArray:
    """The mean (J, M) over arms of the pool's values (J, parts x M)."""
    if len(pool.parts) <= 1:
        return values
    averaged = np.zeros((values.shape[0], pool.size))
    for k, share in enumerate(pool.shares[: len(pool.parts)]):
        averaged += values[:, k * pool.size : (k + 1) * pool.size] * share
    return averaged


def _variate(slot: Slot, sample: Sample, statistic: Statistic, rows: Everyone, correction: Correction) -> Variate:
    """The influence of a slot's values: fitted over the pool, evaluated at the humans' own rows and at the pool's."""
    rows = seen_by(rows, sample, slot)
    human, pool, n = rows.human, rows.pool, rows.human.weight.shape[0]
    fitted = statistic.fitter if slot.answer else statistic.adjusting
    values = _values(slot, sample, rows)
    found = fitted(values, rows.design, rows.weight)
    constant = _constant(values)
    influence = np.zeros_like(found.influence) if constant else found.influence
    at_humans = influence[:, :n][:, human.standing]
    at_pool = _averaged(influence[:, n:], pool)[:, pool.standing]
    if constant:
        return Variate(slot, at_humans, np.zeros_like(at_humans), at_pool, found.theta, _pooled(found, at_humans))
    units = human.of(human.standing)
    own_fit = fitted(values[:, :n], human.design, human.weight).of(human.standing)
    if not own_fit.converged:
        mean = at_humans @ units.weight / units.weight.sum()
        own_fit = _pooled(own_fit, at_humans - mean[:, None])
        return Variate(slot, at_humans, correction.of(own_fit.influence), at_pool, found.theta, own_fit)
    origin, level = found.theta, own_fit.theta[:, None] + own_fit.influence
    if pool.parts and not pool.given:
        gap = at_humans + (found.theta[:, None] - level)
        origin = origin + gap @ pool.human_weight[human.standing] / pool.parts[0].weight[pool.standing].sum()
    return Variate(slot, level - origin[:, None], correction.of(own_fit.influence), at_pool, origin, own_fit)


def _pooled(fit: Fitted, influence: FloatArray) -> Fitted:
    """A fit of which the humans' own rows know no more than influence values."""
    return replace(fit, influence=influence, factor=None, root=None, blocks=(), basis=None, refit=None)


def _constant(values: FloatArray) -> bool:
    """Whether answers (q, n) are the same of every unit: any fit is exact, and influence values are its rounding."""
    low, high = values.min(axis=1), values.max(axis=1)
    return bool((high - low <= ROUNDING * np.maximum(-low, high)).all())


def _values(slot: Slot, sample: Sample, rows: Everyone) -> FloatArray:
    """A slot's values (q, n) of everyone, each under its arm; probabilities of all categories where there are any."""
    c = rows.c
    if len(set(slot.columns)) == 1:
        found = c[list(slot.columns[0])] if len(slot.columns[0]) > 1 else c[slot.columns[0][0]][None]
    else:
        found = np.empty((len(slot.columns[0]), c.shape[1]))
        for d, columns in enumerate(slot.columns):
            at = rows.arm == d
            found[:, at] = c[list(columns)][:, at]
    if sample.categories and slot.answer:
        return np.concatenate((1.0 - found.sum(axis=0, keepdims=True), found))
    return found
