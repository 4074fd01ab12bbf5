from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from service.api.wire import design
from service.calibration.errors import CalibrationError

rng = np.random.default_rng(5)
PERSON = rng.normal(size=100).round(3)
DATA = {
    "layout": "table",
    "prediction_design": "shared",
    "arm": ["c", "t"] * 20 + [None] * 60,
    "outcomes": {"y": [*PERSON[:40].tolist(), *[None] * 60]},
    "predictions": [{"arm": a, "values": (PERSON + rng.normal(0, 0.7, 100)).round(3).tolist()} for a in ("c", "t")],
}
BUDGET = {"kind": "budget", "budget": 400}


def job(**request: Any) -> design.Job:
    whole = {"costs": {"human": 4, "llm": 0.05}, "objective": BUDGET} | request
    return design.to_core(msgspec.json.decode(json.dumps(whole), type=design.DesignRequest))


def answered(**request: Any) -> Any:
    return json.loads(design.run(job(**request)))


def refused(**request: Any) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as problem:
        design.run(job(**request))
    return [(p.pointer, p.code) for p in problem.value.problems]


ASSUMED = {"kind": "assumed", "ppi_correlation": 0.6}


@pytest.mark.parametrize(
    ("objective", "met"),
    [
        (BUDGET, lambda d: d["cost"] <= 400),
        ({"kind": "standard_error", "standard_error": 0.05}, lambda d: d["standard_error"] <= 0.05 + 1e-12),
        ({"kind": "effective_sample_size", "effective_sample_size": 300}, lambda d: d["effective_sample_size"] >= 300),
    ],
)
def test_every_objective_is_met(objective, met):
    assert met(answered(basis=ASSUMED, objective=objective)["design"])


def test_limits_hold():
    limits = {"min_human_per_arm": 99, "max_llm_only": 10}
    found = answered(basis=ASSUMED, constraints=limits)["design"]
    assert found["n_human"] >= 98.999
    assert found["n_llm_only"] <= 10


def test_effect_and_power_are_used():
    assert answered(basis=ASSUMED)["design"]["power"] is None
    strong, weak = (answered(basis=ASSUMED, effect=e)["design"]["power"] for e in (0.5, 0.1))
    assert strong > weak > 0.05
    assert answered(basis=ASSUMED, power=0.95)["design"]["mde"] > answered(basis=ASSUMED)["design"]["mde"]
    narrow = answered(basis=ASSUMED, confidence_level=0.8)["design"]
    assert narrow["interval_width"] < answered(basis=ASSUMED)["design"]["interval_width"]


def test_a_pilot_without_a_plan_plans_for_llm_only_units_and_a_plan_is_kept_to():
    assert answered(basis={"kind": "pilot", "data": DATA})["design"]["n_llm_only"] > 0
    kept = answered(basis={"kind": "pilot", "data": DATA, "plan": {}})["design"]
    assert kept["n_llm_only"] == 0
    over = answered(basis={"kind": "pilot", "data": DATA, "plan": {}}, identification="exchangeability")["design"]
    assert over["n_llm_only"] > 0


def test_contrasts_of_the_request_go_before_those_of_the_plan():
    contrasts = [{"name": "double", "weights": {"t": 2, "c": -2}}]
    plain = answered(basis={"kind": "pilot", "data": DATA})["design"]["standard_error"]
    double = answered(basis={"kind": "pilot", "data": DATA}, contrasts=contrasts)["design"]["standard_error"]
    assert double == pytest.approx(2 * plain, rel=1e-6)


def test_moments_plan_as_their_rows_do():
    rows = answered(basis={"kind": "pilot", "data": DATA})
    c = np.array([p["values"] for p in DATA["predictions"]])
    arms = [
        {"name": name, "n": 20, "mean": z.mean(axis=1).tolist(), "covariance": np.cov(z).tolist()}
        for name, z in (
            ("c", np.vstack([PERSON[:40:2], c[:, :40:2]])),
            ("t", np.vstack([PERSON[1:40:2], c[:, 1:40:2]])),
        )
    ]
    only = c[:, 40:]
    data = {
        "layout": "moments",
        "prediction_design": "shared",
        "predictions": [{"arm": "c"}, {"arm": "t"}],
        "arms": arms,
        "llm_only": [{"n": 60, "mean": only.mean(axis=1).tolist(), "covariance": np.cov(only).tolist()}],
    }
    found = answered(basis={"kind": "moments", "data": data})
    for name in ("standard_error", "n_human", "n_llm_only"):
        assert found["continuous"][name] == pytest.approx(rows["continuous"][name], rel=1e-6), name


def test_validation_names_basis_and_objective_and_refuses_what_an_answer_would():
    found = json.loads(design.validated(job(basis=ASSUMED)))
    assert found["applied"] == {"basis": "assumed", "objective": "budget"}
    assert found["work"]["estimated"] < found["work"]["limit"]
    with pytest.raises(CalibrationError):
        design.validated(job(basis=ASSUMED | {"ppi_correlation": {"a": 0.6}}, costs={"human": 4, "llm": {"b": 1}}))


def test_refusals_stand_under_the_basis():
    bad = DATA | {"arm": DATA["arm"][:-1]}
    assert refused(basis={"kind": "pilot", "data": bad, "plan": {"interval": "score"}}) == [
        ("/basis/plan/interval", "unsupported_combination"),
        ("/basis/data/arm", "length_mismatch"),
    ]
    assert refused(basis={"kind": "pilot", "data": DATA}, arms=["c", "t"], prediction_design="shared", draws={}) == [
        ("/draws", "unsupported_combination"),
        ("/arms", "unsupported_combination"),
        ("/prediction_design", "unsupported_combination"),
    ]


def test_the_answer_has_every_documented_field():
    found = answered(basis=ASSUMED)
    assert set(found) >= {"design", "continuous", "human_only", "cost_share", "llm_pays", "rho_min", "bands", "robust"}
    assert found["bands"] is found["robust"] is found["top_up"] is None
    assert found["design"]["sampling_ratio"] == found["design"]["n_llm_only"] / found["design"]["n_human"]
    assert found["human_only"]["n_human"] == 100
