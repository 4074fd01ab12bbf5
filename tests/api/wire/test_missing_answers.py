from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from service.api.wire import calibration, design
from service.api.wire.missing_answers import missing_answers
from service.calibration.answer import MissingAnswers
from service.calibration.errors import CalibrationError
from tests.api.wire.layouts.study import MOMENTS
from tests.calibration.nonresponse import Asked, table

PROPENSITY = {"missing": "response_propensity"}
SUMMARY = {
    "layout": "summary",
    "components": ["x"],
    "theta_human": [0.4],
    "gamma_human": [0.3],
    "gamma_llm_only": [0.2],
}
SUMMARY |= {"covariance": {"11": [[0.01]], "12": [[0.004]], "22": [[0.008]], "33": [[0.001]]}, "n_human": 120}


def listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]


def document(**plan) -> dict:
    """A table of one population, 200 people asked."""
    sent = table(Asked(200), 1)
    data = {
        "layout": "table",
        "outcomes": {"y": listed(sent.outcomes[0][1])},
        "predictions": [{"model": "gpt", "values": listed(sent.predictions[0].values)}],
        "covariates": {"x": listed(sent.covariates[0][1])},
        "human": list(sent.human or ()),
    }
    return {"data": data, "plan": PROPENSITY | plan}


def answer(sent: dict) -> dict:
    return json.loads(calibration.run(calibration.to_core(msgspec.convert(sent, calibration.CalibrationRequest))))


def refused(sent: dict) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as found:
        answer(sent)
    return [(p.pointer, p.code) for p in found.value.problems]


def test_people_who_did_not_answer_are_in_the_answer() -> None:
    found = answer(document(missing_delta=0.5, bounds=[-9, 12]))
    block = found["missing_answers"]
    (arm,), (estimate,) = block["arms"], block["estimates"]
    assert (block["delta"], arm["asked"], arm["name"], estimate["name"]) == (0.5, 200, "all", "all")
    assert arm["answered"] == found["arms"][0]["n_human"] == 200 - document()["data"]["outcomes"]["y"].count(None)
    dropped = answer(document(missing="drop_unit"))
    complete = estimate["complete_case"]
    assert complete["estimate"] == pytest.approx(dropped["summary"]["estimate"], rel=1e-10)
    assert estimate["worst_case"]["lower"] < estimate["delta_bounds"]["lower"] < found["summary"]["estimate"]
    assert 0.0 < estimate["tipping_delta_interval"] < estimate["tipping_delta"]
    assert dropped["missing_answers"] is None
    assert f"Of 200 people asked {arm['answered']} answered" in found["report"]
    assert "missing at random" in found["report"]
    assert "to vanish" in found["report"]
    assert "missing_at_random" in [a["name"] for a in found["passport"]["assumptions"]]


def test_bounds_not_asked_for_are_null() -> None:
    (estimate,) = answer(document(alternative="equivalence", margin=3.0))["missing_answers"]["estimates"]
    for name in ("delta_bounds", "worst_case", "tipping_delta", "tipping_delta_interval", "component", "subgroup"):
        assert estimate[name] is None, name
    assert "to vanish" not in answer(document(alternative="equivalence", margin=3.0))["report"]


def test_arrays_with_null_answers() -> None:
    sent = table(Asked(100), 2)
    arm = {"name": "all", "human": listed(sent.outcomes[0][1]), "llm": listed(sent.predictions[0].values)}
    found = answer({"data": {"layout": "arrays", "arms": [arm]}, "plan": PROPENSITY})
    assert found["missing_answers"]["arms"][0]["asked"] == 100
    marked = {**arm, "human": [None if v is None else int(v > 1.0) for v in arm["human"]]}
    marked["llm"] = [int(v > 0.0) for v in arm["llm"]]
    plan = PROPENSITY | {"estimand": {"type": "proportions"}, "estimator": "regression"}
    shares = answer({"data": {"layout": "arrays", "arms": [marked]}, "plan": plan})
    assert [e["component"] for e in shares["missing_answers"]["estimates"]] == ["0", "1"]
    assert sum(e["estimate"] for e in shares["estimates"]) == pytest.approx(1.0, abs=1e-12)


def test_nobody_marked_as_asked_is_doubted() -> None:
    sent = document()
    del sent["data"]["human"]
    found = answer(sent)
    assert found["missing_answers"] is None
    assert ("no_missing_answers", "/plan/missing") in [(w["code"], w["pointer"]) for w in found["warnings"]]


def test_somebody_asked_needs_an_arm_and_covariates() -> None:
    sent = document()
    gone = sent["data"]["outcomes"]["y"].index(None)
    sent["data"]["covariates"]["x"][gone] = None
    sent["data"]["arm"] = ["a"] * 200
    sent["data"]["arm"][gone] = None
    assert refused(sent) == [
        (f"/data/arm/{gone}", "missing_arm"),
        (f"/data/covariates/x/{gone}", "missing_covariate"),
    ]


def test_data_without_rows_is_refused_with_the_rest() -> None:
    assert refused({"data": MOMENTS, "plan": PROPENSITY}) == [("/plan/missing", "unsupported_combination")]
    assert refused({"data": SUMMARY, "plan": PROPENSITY | {"stratum_shares": {"a": 0.5}}}) == [
        ("/plan/stratum_shares", "stratum_shares_sum"),
        ("/plan/missing", "unsupported_combination"),
    ]


def test_a_delta_of_nothing_is_refused() -> None:
    assert refused(document(missing="drop_unit", missing_delta=0.5)) == [
        ("/plan/missing_delta", "unsupported_combination")
    ]


def test_a_design_from_such_a_pilot_is_refused() -> None:
    asked = {"basis": {"kind": "pilot", **document()}, "costs": {"human": 5.0, "llm": 0.1}}
    request = msgspec.convert(asked | {"objective": {"kind": "budget", "budget": 500}}, design.DesignRequest)
    with pytest.raises(CalibrationError) as found:
        design.run(design.to_core(request))
    assert [(p.pointer, p.code) for p in found.value.problems] == [("/basis/plan/missing", "unsupported_combination")]


def test_every_field_of_the_core_stands_on_the_wire() -> None:
    assert missing_answers(None) is None
    empty = missing_answers(MissingAnswers(None, (), ()))
    assert msgspec.to_builtins(empty) == {"delta": None, "arms": [], "estimates": []}


def test_the_plan_digest_knows_delta() -> None:
    plain, moved = answer(document()), answer(document(missing_delta=0.5))
    assert plain["plan_digest"] != moved["plan_digest"]
