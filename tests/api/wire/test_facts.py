from __future__ import annotations

import json

import msgspec

from service.api.routes.designs import EXAMPLE
from service.api.wire import calibration, design
from service.api.wire.design_request import DesignRequest
from service.api.wire.facts import Facts

STUDY = b"""{"plan": {"costs": {"human": 5, "llm": 0.02, "budget": 100}}, "data": {"layout": "arrays", "arms": [
  {"name": "a", "human": [3, 4, 2, 4], "llm": [3, 3, 2, 4], "llm_only": [3, 2, 4, 3, 3]},
  {"name": "b", "human": [4, 5, 4, 5], "llm": [4, 4, 5, 5], "llm_only": [4, 5, 4, 4, 3]}]}}"""


def test_the_facts_of_a_calibration_are_those_of_its_answer() -> None:
    done = calibration.finish(calibration.to_core(msgspec.json.decode(STUDY, type=calibration.CalibrationRequest)))
    answer = json.loads(done.body)
    assert done.facts == Facts(
        estimand="mean_difference",
        estimator=answer["applied"]["estimator"],
        interval=answer["applied"]["interval"],
        claim=answer["claim"],
        verdicts={answer["summary"]["verdict"]: 1},
        warnings={w["code"]: sum(v["code"] == w["code"] for v in answer["warnings"]) for w in answer["warnings"]},
    )
    assert "few_humans" in done.facts.warnings


def test_a_design_has_its_warnings() -> None:
    done = design.finish(design.to_core(msgspec.json.decode(EXAMPLE, type=DesignRequest)))
    codes = [w["code"] for w in json.loads(done.body)["warnings"]]
    assert done.facts == Facts(warnings={code: codes.count(code) for code in codes})
