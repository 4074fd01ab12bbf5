"""Units as an LLM sees them where it predicts terms, too: predict-then-debias of imputed covariates.

Formula: with f_y, f_x what an LLM says of outcome and covariate of everyone, and gamma(y, x) a statistic,
    theta = theta_H(y, x) + b'(gamma_pool(f_y, f_x) - gamma_H(f_y, f_x))
so the LLM's statistic stands at its own covariates on both sides, and only the humans' at the true ones. An LLM that
does not predict a covariate is given the mean of those that do, and so are covariates that adjust.
Shapes: n humans and the pool's units, terms x (k, ..), columns c (p, ..). Units: the covariate's.
Assumes: as the estimator; nothing of how good the predictions are. Raises: nothing; a fit that cannot tell what an LLM
says of a term points to its prediction.
Source: Kluger, Lu, Zrnic, Wang & Bates 2501.18577 (predict-then-debias).
Differs: b is the slope of influence on influence, as for all coefficients; no bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.calibration.model_rows import Everyone, Slot
from service.calibration.sample import Sample


def seen_by(rows: Everyone, sample: Sample, slot: Slot) -> Everyone:
    """Everyone with the terms that a slot's model says instead of those that were observed."""
    if not any(column.kind == "imputed" for column in sample.columns):
        return rows
    x, keys = rows.design.x.copy(), list(rows.design.keys)
    for t, term in enumerate(sample.terms, 1):
        if guesses := _guesses(sample, term.covariate, slot.column.model if slot.answer else None):
            x[t], keys[t] = np.mean(rows.c[guesses], axis=0), sample.columns[guesses[0]].pointer
    n, places = rows.human.weight.shape[0], tuple(keys)
    human = replace(rows.human, design=replace(rows.human.design, x=x[:, :n], keys=places))
    return replace(rows, design=replace(rows.design, x=x, keys=places), human=human)


def _guesses(sample: Sample, covariate: str, model: str | None) -> Sequence[int]:
    """The columns that say a covariate: the model's own, or everybody's."""
    every = [j for j, c in enumerate(sample.columns) if c.kind == "imputed" and c.covariate == covariate]
    return [j for j in every if sample.columns[j].model == model] or every
