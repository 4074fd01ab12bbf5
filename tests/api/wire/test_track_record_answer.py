from __future__ import annotations

from dataclasses import fields

import msgspec
import pytest

from service.api.wire.track_record_answer import from_core, issue
from service.calibration.track_records.report import paragraph
from service.calibration.track_records.track_record import track_record
from tests.calibration.track_records.records import drawn


def builtin(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))


@pytest.mark.parametrize("n", [2, 60])
def test_every_field_of_the_core_stands_on_the_wire_with_its_value(n):
    record = drawn(n, llm_error=0.01)
    core = track_record(record)
    wire = from_core(core, issue(core, record, "sha256:x", ()))
    assert {f.name for f in fields(core)} | {"report", "passport"} == set(wire.__struct_fields__)
    for name in ("claim", "name", "llm_only", "conformal", "random_effects", "correlation", "agreement"):
        assert builtin(getattr(wire, name)) == builtin(getattr(core, name)), name
    assert builtin(wire.assumptions) == builtin(core.assumptions)
    assert builtin(wire.warnings) == builtin(core.warnings)


def test_the_passport_says_what_the_answer_says():
    record = drawn(60, llm_error=0.01)
    core = track_record(record)
    issued = issue(core, record, "sha256:x", ())
    assert (issued.path, issued.claim, issued.seed) == ("/v1/track-records", "exploratory_with_track_record", None)
    assert issued.request_digest == "sha256:x"
    assert issued.report == paragraph(core) == from_core(core, issued).report
    other = drawn(60, llm_error=0.01, level=0.9)
    assert issue(track_record(other), other, "sha256:x", ()).plan_digest != issued.plan_digest
