"""What an LLM-only effect is worth, by the record of past studies: both intervals, correlations, doubts.

**Shapes** one record in, one answer out.
**Units** those of the effects.
**Assumes** exchangeable studies; the answer lists the rest.
**Breaks** a record of the studies in which the LLM did well.
**Raises** InvalidSample, NotIdentified.
**Source** the modules of this folder.
**Differs** in nothing.
"""

from __future__ import annotations

from service.calibration.answer import Effect
from service.calibration.track_records.agreement import agreement
from service.calibration.track_records.answer import TrackRecordAnswer
from service.calibration.track_records.conformal import conformal
from service.calibration.track_records.correlation import correlation
from service.calibration.track_records.doubts import assumptions, warnings
from service.calibration.track_records.llm_effects import llm_effects
from service.calibration.track_records.prediction import random_effects
from service.calibration.track_records.record import TrackRecord, checked
from service.calibration.track_records.sampling import sampling

LEAST = 2  # effects that can vary


def track_record(record: TrackRecord) -> TrackRecordAnswer:
    """The answer to a record; raises ``CalibrationError``."""
    errors = sampling(checked(record))
    llm = llm_effects(record.llm) if len(record.names) >= LEAST else None
    tasks, line, together = conformal(record), random_effects(record, errors, llm), correlation(record, errors, llm)
    return TrackRecordAnswer(
        claim="exploratory_with_track_record",
        name=record.new.name,
        llm_only=Effect(record.new.estimate, record.new.standard_error),
        conformal=tasks,
        random_effects=line,
        correlation=together,
        agreement=agreement(record),
        assumptions=assumptions(record),
        warnings=warnings(record, tasks, line, together),
    )
