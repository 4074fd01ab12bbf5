from __future__ import annotations

import copy
import hashlib
import json
import time
from importlib.metadata import version

import msgspec
import pytest

from service.api.wire import calibration, design, diagnostics
from service.api.wire.passport import (
    METHOD_VERSION,
    SERVICE_VERSION,
    Issued,
    ModelFacts,
    Passport,
    assumptions,
    digest_of,
    of_request,
    passport,
)
from service.calibration.answer import Assumption
from service.calibration.errors import CalibrationError, Problem
from tests.api.wire.layouts.study import ARRAYS, MOMENTS, TABLE

FACTS = {"version": "gpt-5-2026-01", "knowledge_cutoff": "2025-06-01", "generated": "2026-03"}
NOTHING = {"version": None, "knowledge_cutoff": None, "generated": None}


def answer(document: dict) -> dict:
    request = msgspec.json.decode(json.dumps(document), type=calibration.CalibrationRequest)
    return json.loads(calibration.run(calibration.to_core(request, "sha256:body")))


def refused(document: dict) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as found:
        answer(document)
    return [(p.pointer, p.code) for p in found.value.problems]


def asked(**more) -> dict:
    return {"data": copy.deepcopy(TABLE), "plan": {"estimator": "human_only", "seed": 7}, **more}


def test_it_says_again_what_the_answer_says() -> None:
    found = answer(asked())
    held = found["passport"]
    for name in (
        "request_digest",
        "plan_digest",
        "service_version",
        "method_version",
        "claim",
        "assumptions",
        "report",
    ):
        assert held[name] == found[name], name
    assert (held["service_version"], held["method_version"]) == (version("rectifier"), METHOD_VERSION)
    assert (held["path"], held["seed"]) == ("/v1/calibrations", 7)
    assert held["method"] == "mean_difference by human_only, interval t"
    assert list(held) == list(Passport.__struct_fields__)


def test_models_are_those_of_the_data_with_what_was_stated_of_them() -> None:
    names = list(dict.fromkeys(p["model"] for p in TABLE["predictions"]))
    found = answer(asked(models={names[-1]: FACTS}))["passport"]["models"]
    assert found == [{"name": n, **(FACTS if n == names[-1] else NOTHING)} for n in names]
    assert answer(asked())["passport"]["models"] == [{"name": n, **NOTHING} for n in names]


def test_facts_change_no_number_and_no_plan_digest() -> None:
    name = TABLE["predictions"][0]["model"]
    plain, stated = answer(asked()), answer(asked(models={name: FACTS}))
    assert plain.pop("passport") != stated.pop("passport")
    assert plain == stated


def test_facts_of_no_model_and_days_of_no_calendar_are_listed_with_everything_else() -> None:
    name = TABLE["predictions"][0]["model"]
    models = {"no/such": FACTS, name: {"knowledge_cutoff": "2025-02-30", "generated": "2025-13"}}
    document = asked(models=models)
    document["plan"]["stratum_shares"] = {"a": 0.5}
    assert refused(document) == [
        ("/plan/stratum_shares", "stratum_shares_sum"),
        ("/models/no~1such", "unknown_model"),
        (f"/models/{name}/knowledge_cutoff", "invalid_date"),
        (f"/models/{name}/generated", "invalid_date"),
    ]


@pytest.mark.parametrize("day", ["2025-1-01", "June 2025", "2025", "2025-06-01T00:00", "２０２５-06-01", ""])
def test_a_day_has_one_form(day: str) -> None:
    document = asked(models={TABLE["predictions"][0]["model"]: {"generated": day}})
    with pytest.raises(msgspec.ValidationError):
        answer(document)


def test_what_the_layouts_name() -> None:
    arms = [{k: v for k, v in ARRAYS["arms"][0].items() if k in ("name", "human")}]
    plan = {"estimator": "human_only", "missing": "drop_unit"}
    assert answer({"data": {**ARRAYS, "arms": arms}, "plan": plan})["passport"]["models"] == []
    whole = answer({"data": ARRAYS, "plan": plan})["passport"]["models"]
    assert whole == [{"name": "llm", **NOTHING}]
    moments = answer({"data": MOMENTS, "plan": {"estimator": "human_only"}})["passport"]["models"]
    assert [m["name"] for m in moments] == list(dict.fromkeys(p.get("model", "llm") for p in MOMENTS["predictions"]))


def test_where_the_request_names_no_models_those_stated_are_they() -> None:
    problems: list[Problem] = []
    found = of_request({"gpt": ModelFacts(version="5")}, None, problems)
    assert ([(m.name, m.version) for m in found], problems) == ([("gpt", "5")], [])
    assert of_request(None, None, problems) == ()
    assert of_request({"gpt": ModelFacts()}, (), problems) == ()
    assert [p.hint for p in problems] == ["the request names no model"]


def test_a_model_that_is_named_twice_stands_once() -> None:
    assert [m.name for m in of_request(None, ["gpt", "small", "gpt"], [])] == ["gpt", "small"]


def test_many_models_are_looked_up_at_once() -> None:
    """By going through those before it, the last of a hundred thousand took a minute of the whole request."""
    many = {f"m{i}": ModelFacts() for i in range(100_000)}
    began = time.perf_counter()
    assert len(of_request(many, None, [])) == len(many)
    assert time.perf_counter() - began < 5.0


def test_what_does_not_apply_is_null() -> None:
    found = passport(Issued(path="/v1/x", method="m", request_digest="d", report="r"))
    assert (found.plan_digest, found.seed, found.claim, found.models, found.assumptions) == (None, None, None, [], [])
    assert (found.service_version, found.method_version) == (SERVICE_VERSION, METHOD_VERSION)


def test_assumptions_stand_as_they_are() -> None:
    (found,) = assumptions([Assumption("exchangeability", "not_rejected", 0.3, "text")])
    assert (found.name, found.status, found.p_value, found.statement) == (
        "exchangeability",
        "not_rejected",
        0.3,
        "text",
    )


def test_a_digest_knows_no_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1}) != digest_of({"a": 2, "b": 1})
    assert digest_of({}) == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"


def test_nobodys_answer_is_in_it() -> None:
    document = asked()
    mark = 7.0625
    document["data"]["outcomes"]["trust"][0] = mark
    assert "7.0625" not in json.dumps(answer(document)["passport"])


def test_a_design_has_one_too() -> None:
    costs, aim = {"human": 5.0, "llm": 0.2}, {"kind": "budget", "budget": 500}
    known = {"basis": {"kind": "assumed", "ppi_correlation": {"gpt": 0.6}}, "costs": costs, "objective": aim}
    request = msgspec.convert(known | {"models": {"gpt": FACTS}}, design.DesignRequest)
    held = json.loads(design.run(design.to_core(request, "sha256:body")))["passport"]
    assert (held["path"], held["request_digest"]) == ("/v1/designs", "sha256:body")
    assert held["models"] == [{"name": "gpt", **FACTS}]
    with pytest.raises(CalibrationError) as found:
        design.to_core(msgspec.convert(known | {"models": {"other": FACTS}}, design.DesignRequest))
    assert [(p.pointer, p.code) for p in found.value.problems] == [("/models/other", "unknown_model")]


def test_a_card_of_diagnostics_has_one_too() -> None:
    data = {"layout": "arrays", "arms": [{"name": "all", "human": [3, 4, 2, 5], "llm": [3, 4, 3, 4]}]}
    known = {"data": data, "checks": ["leakage"], "settings": {"seed": 5}}
    request = msgspec.convert(known | {"models": {"llm": FACTS}}, diagnostics.DiagnosticsRequest)
    found = json.loads(diagnostics.run(diagnostics.to_core(request, "sha256:body")))
    held = found["passport"]
    assert (held["path"], held["method"], held["seed"]) == ("/v1/diagnostics", "checks leakage", 5)
    assert (held["models"], held["request_digest"]) == ([{"name": "llm", **FACTS}], "sha256:body")
    assert held["report"].endswith(f"with the verdict {found['summary'].replace('_', ' ')}: {found['reason']}")
    with pytest.raises(CalibrationError) as refusal:
        diagnostics.to_core(msgspec.convert(known | {"models": {"other": FACTS}}, diagnostics.DiagnosticsRequest))
    assert [(p.pointer, p.code) for p in refusal.value.problems] == [("/models/other", "unknown_model")]
