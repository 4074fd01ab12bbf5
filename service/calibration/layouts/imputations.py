"""Predictions of covariates: whether they fit, and as columns of a sample.

A covariate may be missing for units without a human answer if an LLM predicts it for everyone. One that is known of
every unit needs no prediction, and none is used. A model that predicts covariates and not the outcome, where the
outcome is known of every unit, has that outcome as its answer: only the covariate is imputed then.
Shapes: N units; every column (N,), NaN for a missing number.
Raises: ``unknown_covariate``, ``covariate_of_levels``, ``mixed_column``, ``unsupported_combination``.
Source: Kluger, Lu, Zrnic, Wang & Bates 2501.18577. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import Problem, Warned
from service.calibration.layouts.labels import Labels, present
from service.calibration.layouts.predictions import Indexed, PredictionColumn, prediction_drafts
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.rows import Rows
from service.calibration.layouts.terms import Covariates
from service.calibration.plan import Model

ALONE = ("arm", "outcome", "category", "population_mean")


def imputation_problems(
    columns: Sequence[PredictionColumn], covariates: Covariates, model: Model | None
) -> list[Problem]:
    """What is wrong with predictions of covariates, each at its place."""
    return [p for j, column in enumerate(columns) if column.covariate for p in _problems(j, column, covariates, model)]


def _problems(index: int, column: PredictionColumn, covariates: Covariates, model: Model | None) -> Iterator[Problem]:
    place, sent = f"/data/predictions/{index}", dict(covariates)
    at = f"{place}/covariate"
    if column.covariate not in sent:
        text, hint = "the data has no covariate of this name", "names match exactly; send it in data.covariates"
        yield Problem(at, "unknown_covariate", text, hint)
    elif isinstance(sent[column.covariate], Labels):
        text, hint = "the covariate has levels, and only numbers are imputed", "send it as numbers, 0 and 1 for two"
        yield Problem(at, "covariate_of_levels", text, hint)
    elif model is None or column.covariate not in model.terms:
        text = "the estimand does not take this covariate, so its predictions say nothing"
        hint = "supported: predictions of covariates that the estimand names in terms or with"
        yield Problem(at, "unsupported_combination", text, hint)
    for name in ALONE:
        if getattr(column, name) is not None:
            text = f"a covariate is the same whatever the arm and the outcome, so {name} says nothing of it"
            hint = "supported: model, values, draw and fill beside covariate"
            yield Problem(f"{place}/{name}", "unsupported_combination", text, hint)
    if isinstance(column.values, Labels):
        yield Problem(f"{place}/values", "mixed_column", "names stand where numbers belong", "send numbers")


def imputed(columns: Sequence[PredictionColumn], covariates: Covariates) -> frozenset[str]:
    """The covariates that are missing for some unit and that a model predicts."""
    said = {column.covariate for column in columns}
    return frozenset(name for name, values in covariates if name in said and not present(values).all())


def known_already(columns: Sequence[PredictionColumn], covariates: Covariates) -> tuple[Warned, ...]:
    """The warnings about predictions of covariates that are known of every unit."""
    names = imputed(columns, covariates)
    text = "the covariate is known of every unit, so its predictions were not used"
    return tuple(
        Warned("covariate_known", text, f"/data/predictions/{j}/covariate")
        for j, column in enumerate(columns)
        if column.covariate is not None and column.covariate not in names
    )


def of_covariates(columns: Sequence[PredictionColumn], covariates: Covariates) -> Indexed:
    """The predictions of covariates that are used, by their place."""
    names = imputed(columns, covariates)
    return {j: column for j, column in enumerate(columns) if column.covariate in names}


def with_known_outcome(
    own: Indexed, said: Indexed, values: NDArray[np.float64] | Labels
) -> dict[int, PredictionColumn]:
    """An outcome's predictions, and its own ``values`` (N,) for models that predict covariates only."""
    answered = {column.model for column in own.values()}
    found = dict(own)
    for j, column in said.items():
        if column.model not in answered:
            answered.add(column.model)
            found[j] = PredictionColumn(values, column.model)
    return found


def imputation_drafts(said: Indexed, rows: Rows) -> list[DraftColumn]:
    """One column per model and covariate, repeated draws averaged."""
    drafts = []
    for name in dict.fromkeys(column.covariate for column in said.values()):
        own = {j: column for j, column in said.items() if column.covariate == name}
        for draft in prediction_drafts(own, rows):
            column = replace(draft.column, name=f"{name} by {draft.column.name}", kind="imputed", covariate=name)
            drafts.append(replace(draft, column=column))
    return drafts
