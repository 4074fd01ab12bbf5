"""The work of a card, estimated before it starts; units as in ``work``.

Formula: every check reads every number and resamples for every outcome, model, arm and subgroup; structural fidelity
multiplies permutations by the scores of every unit and pair of items, and bootstraps their correlations; a ranking fits
every model outside every fold, twice.
Source: measured on one core of the machine of benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calibration.cross_fitting import FOLDS
from service.calibration.diagnostics.items import held
from service.calibration.diagnostics.study import Study, View

PER_ENTRY = 4e6  # work of one check on one outcome, model, arm and subgroup: permutations and resamples
PER_NUMBER = 65.0  # work of one check on every number sent: sorting
RANKING = 2  # fits of a model outside a fold: with the covariates and alone
PER_UNIT, PER_SCORE = 4e4, 300.0  # of a unit, and its score of a pair of items, in all permutations and replicates


def card_work(study: Study, checks: Sequence[str], numbers: int) -> float:
    """Estimated work of these checks on data of so many numbers."""
    read = PER_NUMBER * numbers
    found = len(checks) * (read + PER_ENTRY * _entries(study))
    found += RANKING * FOLDS * read if len(study.models) > 1 else 0.0
    return found + (structural(study) if "fidelity_structural" in checks else 0.0)


def _entries(study: Study) -> int:
    """How many entries a check can have: outcomes x subgroups x models x arms."""
    return sum(max(1, len(view.models)) * len(view.arms) for view in study.views)


def structural(study: Study) -> float:
    """Most that structural fidelity costs: over subgroups, models and arms, humans and LLM-only units."""
    return sum(_of_subgroup(views) for views in study.by_subgroup.values())


def _of_subgroup(views: Sequence[View]) -> float:
    numeric = [view for view in views if view.numeric]
    models = len({model for view in numeric for model in view.models})
    sizes = [
        max((count(view, d) for view in numeric), default=0)
        for d in range(len(views[0].arms))
        for count in (View.n_human, View.n_llm_only)
    ]
    return models * sum(_of_source(len(numeric), n) for n in sizes)


def _of_source(items: int, units: int) -> float:
    read, pairs = held(items, units)
    return read * (PER_UNIT + PER_SCORE * pairs)
