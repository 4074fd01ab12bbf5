"""What a track record's answer assumes, and what should make a reader doubt it.

**Shapes** tuples of assumptions and warnings.
**Units** none.
**Assumes** nothing.
**Breaks** none of the assumptions is tested: the studies that would show them wrong have not been run.
**Raises** nothing.
**Source** statistics: the modules that each sentence is about.
**Differs** in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.calibration.answer import Assumption
from service.calibration.errors import Warned
from service.calibration.track_records.answer import Conformal, Correlation, RandomEffects
from service.calibration.track_records.record import TrackRecord

FEW = 10  # studies below which tau2 is hardly known
TURNED = 0.1  # difference of correlations that depends on the orientation of contrasts


def assumptions(record: TrackRecord) -> tuple[Assumption, ...]:
    """What both intervals rest on."""
    independent = "the human estimates of different entries have independent errors"
    stated = "the sampling covariance of the human estimates is as sent"
    return tuple(
        Assumption(name, "assumed", None, statement)
        for name, statement in (
            ("exchangeable_studies", "the new study is one more draw from the process that gave the past ones"),
            ("one_scale", "all effects are on one scale, and each contrast is turned the same way for humans and LLM"),
            ("known_sampling_errors", independent if record.covariance is None else stated),
            ("straight_line", "random effects: human effects are normal about a straight line in the LLM effects"),
        )
    )


def warnings(
    record: TrackRecord, conformal: Conformal, effects: RandomEffects, correlation: Correlation
) -> tuple[Warned, ...]:
    """Every doubt, in the order of the answer."""
    return (*_size(record, conformal, effects), *_line(record, effects), *_record(record, correlation))


def _size(record: TrackRecord, conformal: Conformal, effects: RandomEffects) -> Iterator[Warned]:
    studies = record.n_studies
    if conformal.interval is None:
        text = f"the conformal interval needs {conformal.studies_needed} studies, {conformal.studies_missing} more"
        yield Warned("conformal_needs_studies", text, "/studies")
    if effects.estimate is None:
        text = f"a line over studies needs at least 4 of them (3 where LLM effects are alike), and there are {studies}"
        yield Warned("random_effects_need_studies", text, "/studies")
    elif studies < FEW:
        text = f"with {studies} studies the variance between them is hardly known, and the interval rests on normality"
        yield Warned("few_studies", text, "/studies")


def _line(record: TrackRecord, effects: RandomEffects) -> Iterator[Warned]:
    if effects.estimate is None:
        return
    if effects.slope_interval is None:
        text = "past LLM effects do not vary beyond their errors: the human effects' mean is the prediction"
        yield Warned("llm_effects_alike", text, "/studies")
    elif effects.slope_interval.lower <= 0 <= effects.slope_interval.upper:
        text = "the slope of human on LLM effects is not distinguished from zero: this LLM may say nothing of effects"
        yield Warned("slope_uncertain", text, "/studies")
    if effects.tau2 == 0.0:
        text = "the variance between studies is estimated as zero; the interval allows for what they could hide"
        yield Warned("no_variance_between_studies", text, "/studies")
    past, new = record.llm.estimate, record.new.estimate
    if not past.min() <= new <= past.max():
        text = "the new LLM effect is outside the range of past ones: the line is extrapolated"
        yield Warned("extrapolation", text, "/new/llm/estimate")


def _record(record: TrackRecord, correlation: Correlation) -> Iterator[Warned]:
    if record.n_studies < len(record.names) and record.covariance is None:
        text = "several contrasts of one study have correlated errors, which are taken as independent"
        yield Warned("contrasts_without_covariance", text, "/covariance")
    if not np.all(record.llm.standard_error > 0):
        text = "LLM effects with a standard error of 0 are taken as known exactly"
        yield Warned("llm_error_zero", text, "/studies")
    raw, free = correlation.raw, correlation.orientation_free
    if raw is not None and free is not None and abs(raw - free) > TURNED:
        text = "the correlation depends on which arm of each contrast counts as treatment; orientation_free does not"
        yield Warned("orientation_matters", text, "/studies")
