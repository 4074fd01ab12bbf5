"""The deliberate breaks that tests/mutations.py makes: a module per area; what each breaks, and what must see it."""

from __future__ import annotations

from tests.breaks import (
    access,
    answers,
    checks,
    choices,
    coefficients,
    decoding,
    designs,
    estimate,
    estimators,
    intervals,
    layouts,
    load,
    model_choice,
    observability,
    published,
    quantiles,
    screenings,
    statistics,
    subgroups,
    survey,
    track_records,
    transport,
    variance,
)
from tests.breaks.mutation import Mutation

AREAS = (
    variance,
    intervals,
    estimate,
    estimators,
    model_choice,
    coefficients,
    choices,
    quantiles,
    statistics,
    published,
    subgroups,
    survey,
    transport,
    layouts,
    answers,
    designs,
    checks,
    track_records,
    screenings,
    observability,
    access,
    load,
    decoding,
)
MUTATIONS = tuple(mutation for area in AREAS for mutation in area.MUTATIONS)

__all__ = ["AREAS", "MUTATIONS", "Mutation"]
