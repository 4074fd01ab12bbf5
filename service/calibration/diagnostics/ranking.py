"""Ranking: the models of an outcome by the variance that each alone would save and by fidelity, both cross-fitted.

Formula: see ``model_selection`` and ``model_scores``; of the second arm's mean minus the first's, or of one population.
Fidelity is the cross-fitted PPI correlation of ``fidelity_scores``, with the same folds.
Shapes: one score per outcome and model, best first. Units: variance ratios.
Assumes: as ``model_scores``. Breaks: few humans: nearly everything is noise. Exploratory.
Raises: nothing: an outcome that cannot be calibrated has no ranking.
Source: as there. Differs: LLM-only units are taken for exchangeable with the humans, as far as they are there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.fidelity_scores import FidelityScore, fidelity_scores
from service.calibration.diagnostics.study import Study, View
from service.calibration.errors import CalibrationError
from service.calibration.estimate import Frame, human_only
from service.calibration.layouts.draft import Draft, finish
from service.calibration.layouts.refusals import DraftColumn
from service.calibration.layouts.survey import SurveyRows
from service.calibration.model_scores import ModelScore, scores, squares
from service.calibration.model_selection import selection
from service.calibration.sample import Sample


@dataclass(frozen=True, slots=True)
class Ranked:
    """An outcome's scores of one model; ``fidelity`` None: too many columns for the humans of an arm."""

    outcome: str
    score: ModelScore
    fidelity: FidelityScore | None = None


def ranking(study: Study, settings: Settings) -> tuple[Ranked, ...]:
    """The scores of every outcome of numbers with two models or more."""
    found = []
    for view in study.whole:
        if view.numeric and len(view.models) > 1:
            found += _ranked(view, settings)
    return tuple(found)


def _ranked(view: View, settings: Settings) -> list[Ranked]:
    level = settings.confidence_level
    try:
        frame = Frame(_sample(view), "exchangeability")
        contrast = np.zeros(len(view.arms))
        contrast[: 2 if len(view.arms) > 1 else 1] = (-1.0, 1.0) if len(view.arms) > 1 else (1.0,)
        chosen = selection(frame, limited=False, seed=settings.seed)
        own = {m: squares(chosen.of_model(m), contrast, "super") for m in view.models}
        by_variance = scores(own, squares(human_only(frame), contrast, "super"), level)
        by_fidelity = fidelity_scores(frame, chosen.folds, view.models, level)
    except CalibrationError:
        return []
    return [Ranked(view.outcome, score, by_fidelity.get(score.model)) for score in by_variance]


def _sample(view: View) -> Sample:
    """The view as a sample: missing LLM answers filled as in a calibration."""
    sources = [s for s in view.human if s.y is not None]
    columns = tuple(
        DraftColumn(c, tuple(s.c[j] for s in sources), tuple(None if s is None else s.c[j] for s in view.llm_only))
        for j, c in enumerate(view.columns)
        if c.kind in ("prediction", "covariate")
    )
    survey = tuple(SurveyRows(s.weight, s.cluster) for s in view.human)
    only = tuple(SurveyRows() if s is None else SurveyRows(s.weight, s.cluster) for s in view.llm_only)
    return finish(
        Draft(
            arms=view.arms,
            prediction_design=view.prediction_design,
            outcome=view.outcome,
            y=tuple(s.y for s in sources if s.y is not None),
            columns=columns,
            pools=tuple(0 if s is None else s.n for s in view.llm_only),
            pointers=("/data",) * len(view.arms),
            survey=survey,
            survey_llm_only=only,
        )
    )
