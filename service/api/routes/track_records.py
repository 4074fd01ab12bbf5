"""POST /v1/track-records: past studies and a new LLM-only effect in; intervals for its human effect out."""

from __future__ import annotations

from functools import cache
from typing import Any

from service.api.routes.computation import Computation, Steps

EXAMPLE = b"""{"studies": [
  {"name": "s1", "human": {"estimate": 0.10, "standard_error": 0.05},
              "llm": {"estimate": 0.31, "standard_error": 0.01}},
  {"name": "s2", "human": {"estimate": -0.04, "standard_error": 0.06},
              "llm": {"estimate": -0.12, "standard_error": 0.01}},
  {"name": "s3", "human": {"estimate": 0.22, "standard_error": 0.05},
              "llm": {"estimate": 0.55, "standard_error": 0.02}},
  {"name": "s4", "human": {"estimate": 0.03, "standard_error": 0.04},
              "llm": {"estimate": 0.02, "standard_error": 0.01}},
  {"name": "s5", "human": {"estimate": 0.15, "standard_error": 0.07},
              "llm": {"estimate": 0.40, "standard_error": 0.02}},
  {"name": "s6", "human": {"estimate": -0.08, "standard_error": 0.05},
              "llm": {"estimate": 0.11, "standard_error": 0.01}},
  {"name": "s7", "human": {"estimate": 0.06, "standard_error": 0.05},
              "llm": {"estimate": 0.24, "standard_error": 0.01}},
  {"name": "s8", "human": {"estimate": 0.19, "standard_error": 0.06},
              "llm": {"estimate": 0.36, "standard_error": 0.02}}],
 "new": {"name": "message B", "llm": {"estimate": 0.25, "standard_error": 0.01}}, "confidence_level": 0.95}
"""


def track_records() -> Computation[Any, Any]:
    """The path's description."""
    return Computation(
        path="/v1/track-records",
        name="trackRecord",
        title="An interval for an LLM-only effect from the record of past studies",
        steps=_steps,
        report="track-records",
        scope="calibrate",
        examples=(("eight-studies", EXAMPLE),),
    )


@cache
def _steps() -> Steps[Any, Any]:
    from service.api.wire import track_record
    from service.api.wire.track_record_answer import TrackRecordReply, ValidatedTrackRecord

    return Steps(
        request=track_record.TrackRecordRequest,
        to_core=track_record.to_core,
        run=track_record.finish,
        validated=track_record.validated,
        answer=TrackRecordReply,
        validation=ValidatedTrackRecord,
    )
