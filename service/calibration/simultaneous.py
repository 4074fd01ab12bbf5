"""Several estimates judged together: adjusted p-values and, with ``max_t``, simultaneous intervals.

All estimates of an answer (outcome x contrast x category) form one family. The correlation that ``max_t`` needs comes
from influence values lined up unit by unit; an outcome that left units out of its own counts as independent of the
others, which makes simultaneous two-sided intervals wider, never shorter (Sidak 1967).
Shapes: J estimates. Units: those of the estimates.
Raises: what ``inference.infer`` raises.
Source: see ``multiplicity``. Differs: in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.calibration.answer import EstimateBlock
from service.calibration.effects import Analysis, finite
from service.calibration.inference import infer
from service.calibration.moments import FloatArray
from service.calibration.multiplicity import adjusted, contrast_correlation, correlation, max_t
from service.calibration.plan import Plan
from service.calibration.variance import Influence, influences


def together(analyses: Sequence[Analysis], plan: Plan) -> list[Analysis]:
    """The analyses with adjusted p-values (and simultaneous intervals) over all their estimates."""
    if plan.multiplicity == "none":
        return list(analyses)
    if plan.multiplicity == "max_t":
        return _simultaneous(analyses, plan)
    values = iter(adjusted([e.result.p_value for a in analyses for e in a.estimates], plan.multiplicity))
    return [
        replace(a, estimates=tuple(replace(e, p_value_adjusted=next(values)) for e in a.estimates)) for a in analyses
    ]


def _simultaneous(analyses: Sequence[Analysis], plan: Plan) -> list[Analysis]:
    two_sided = plan.alternative == "two_sided"
    found = max_t(_correlation(analyses), two_sided=two_sided, level=plan.confidence_level, seed=plan.seed)

    def widened(analysis: Analysis, index: int, block: EstimateBlock) -> EstimateBlock:
        contrast = _contrast(analysis, index)
        settings = analysis.resolved.settings
        result = finite(infer(analysis.fits[index], contrast, settings, error_rate=found.error_rate))
        p_value = None if result.p_value is None else found.adjusted(result.p_value)
        return replace(block, result=result, p_value_adjusted=p_value)

    return [replace(a, estimates=tuple(widened(a, i, e) for i, e in enumerate(a.estimates))) for a in analyses]


def _contrast(analysis: Analysis, index: int) -> FloatArray:
    return analysis.resolved.cells(analysis.resolved.contrasts[index].weights)


def _correlation(analyses: Sequence[Analysis]) -> FloatArray:
    first = analyses[0]
    if not first.resolved.sample.has_rows:
        contrasts = np.array([_contrast(first, i) for i in range(len(first.estimates))])
        return contrast_correlation(first.fits[0], contrasts, first.resolved.settings.population)
    return correlation([_groups(a, i) for a in analyses for i in range(len(a.estimates))])


def _groups(analysis: Analysis, index: int) -> tuple[Influence, ...]:
    """Influence values of an estimate; those of an outcome with units of its own get sources of their own."""
    resolved = analysis.resolved
    groups = influences(analysis.fits[index], _contrast(analysis, index), resolved.settings.population)
    if not resolved.sample.n_dropped:
        return groups
    return tuple(replace(g, source=f"{resolved.sample.outcome}: {g.source}") for g in groups)
