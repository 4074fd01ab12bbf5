from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from service.api.wire import track_record as wire
from service.calibration.errors import CalibrationError
from service.calibration.track_records.record import split_of

rng = np.random.default_rng(7)
LLM = rng.normal(0, 0.2, 60)
HUMAN = 0.6 * LLM + rng.normal(0, 0.1, 60)


def study(i: int, **other: Any) -> dict[str, Any]:
    human = {"estimate": float(HUMAN[i]), "standard_error": 0.05}
    return {"name": f"s{i}", "human": human, "llm": {"estimate": float(LLM[i]), "standard_error": 0.01}} | other


NEW = {"name": "message B", "llm": {"estimate": 0.25, "standard_error": 0.01}}


def job(n: int = 60, **other: Any) -> wire.Job:
    body = {"studies": [study(i) for i in range(n)], "new": NEW} | other
    return wire.to_core(msgspec.json.decode(json.dumps(body), type=wire.TrackRecordRequest), "sha256:x")


def answered(n: int = 60, **other: Any) -> Any:
    return json.loads(wire.finish(job(n, **other)).body)


def refused(**other: Any) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as found:
        job(**other)
    return [(p.pointer, p.code) for p in found.value.problems]


def test_defaults():
    record = job().record
    assert (record.confidence_level, record.error_split) == (0.95, split_of(0.95))
    assert record.covariance is None
    assert record.new.name == "message B"
    assert record.human.estimate.tolist() == HUMAN.tolist()
    assert record.llm.standard_error.tolist() == [0.01] * 60


def test_what_is_sent_is_used():
    first = answered(confidence_level=0.9, error_split=[0.02, 0.03, 0.05])
    assert first["conformal"]["studies_needed"] == 39
    assert first["conformal"]["error_split"] == [0.02, 0.03, 0.05]
    assert first["random_effects"]["interval"]["level"] == 0.9
    covariance = 0.0025 * (0.5 * np.eye(60) + 0.5)
    other = answered(covariance=covariance.tolist())
    assert other["random_effects"]["estimate"] != answered()["random_effects"]["estimate"]
    assert "as sent" in other["assumptions"][2]["statement"]


def test_too_few_studies_say_how_many():
    found = answered(8)
    assert found["conformal"] == {
        "interval": None,
        "studies": 8,
        "studies_needed": 57,
        "studies_missing": 49,
        "error_split": list(split_of(0.95)),
    }
    assert answered(1)["random_effects"]["estimate"] is None


def test_all_problems_of_a_request_are_told():
    bad = study(0, human={"estimate": 0.1, "standard_error": 0})
    assert refused(studies=[bad], error_split=[0.1, 0.1, 0.1], models={"gpt": {"generated": "2026-02-30"}}) == [
        ("/models/gpt/generated", "invalid_date"),
        ("/studies/0/human/standard_error", "bad_standard_error"),
        ("/error_split", "bad_error_split"),
    ]
    assert refused(models={"gpt": {"generated": "2026-13"}}) == [("/models/gpt/generated", "invalid_date")]
    assert refused(studies=[]) == [("/studies", "too_few_studies")]
    assert refused(covariance=[[0.0025], [0.0, 0.0025]]) == [("/covariance", "length_mismatch")]
    assert refused(covariance=[]) == [("/covariance", "length_mismatch")]


def test_work_counts_correlated_blocks():
    plain = job().work
    covariance = 0.0025 * (0.5 * np.eye(60) + 0.5)
    assert job(covariance=covariance.tolist()).work == pytest.approx(plain + 0.2 * 30 * 60**3)
    exact = [study(i, llm={"estimate": 0.1, "standard_error": 0}) for i in range(60)]
    assert job(studies=exact, covariance=covariance.tolist()).work == pytest.approx(plain + 0.2 * 60**3)


def test_validation_shows_what_would_be_done():
    found = json.loads(wire.validated(job(8, confidence_level=0.9)))
    assert found["valid"] is True
    assert found["applied"] == {"confidence_level": 0.9, "error_split": list(split_of(0.9)), "studies": 8, "effects": 8}
    assert found["work"]["estimated"] == 8e5
    assert [w["code"] for w in found["warnings"]][:1] == ["conformal_needs_studies"]


def test_the_same_request_gives_the_same_bytes():
    assert wire.finish(job()).body == wire.finish(job()).body
    assert wire.finish(job()).facts.claim == "exploratory_with_track_record"
