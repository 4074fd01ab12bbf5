"""Real studies over HTTP: the twelve twin_arms cases, labelled split, arrays layout; the design grid; pilots."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import numpy as np
import pytest

from tests.oracles.design_grid.loading import BUDGETS, TARGETS
from tests.oracles.twin_arms import ABSENT, CASES, FOLDER, arms_of

EXACT = 1e-10


def post(server: Any, path: str, body: Any) -> Any:
    data = json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://{server.host}:{server.port}{path}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def calibrated(server: Any, key: str, **plan: Any) -> Any:
    arms = [
        {"name": name, "human": human.tolist(), "llm": llm.tolist(), "llm_only": only.tolist()}
        for name, human, llm, only in arms_of(key)
    ]
    body = {"data": {"layout": "arrays", "arms": arms}, "plan": {"control": "control", **plan}}
    return post(server, "/v1/calibrations", body)


@pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
@pytest.mark.parametrize("key", sorted(CASES))
def test_published_numbers_come_out(server, key):
    expected = CASES[key]
    ppi = calibrated(server, key, estimator="ppi")["estimates"][0]
    assert ppi["estimate"] == pytest.approx(expected["ppi_lam1"]["est"], abs=EXACT)
    assert ppi["human_only"]["estimate"] == pytest.approx(expected["human_only"]["est"], abs=EXACT)
    assert ppi["human_only"]["standard_error"] == pytest.approx(expected["human_only"]["se_welch"], abs=EXACT)
    assert ppi["llm_only"]["estimate"] == pytest.approx(expected["llm_only"]["est"], abs=EXACT)
    assert ppi["llm_only"]["standard_error"] == pytest.approx(expected["llm_only"]["se_welch"], abs=EXACT)
    tuned = calibrated(server, key, estimator="arm_tuned", compat=True)
    effect, double = tuned["estimates"][0], expected["double_tuned_armwise"]
    assert effect["estimate"] == pytest.approx(double["est"], abs=EXACT)
    assert effect["standard_error"] == pytest.approx(double["se"], abs=EXACT)
    for name, arm in (("treated", "arm1"), ("control", "arm0")):
        mean = next(a["mean"] for a in tuned["arms"] if a["name"] == name)
        assert [mean["estimate"], mean["standard_error"]] == pytest.approx(double[arm], abs=EXACT)


@pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
def test_the_same_request_gives_the_same_bytes_and_digests(server):
    first, again = (calibrated(server, min(CASES)) for _ in range(2))
    assert first == again
    other = calibrated(server, min(CASES), confidence_level=0.9)
    assert other["plan_digest"] != first["plan_digest"]
    assert other["request_digest"] != first["request_digest"]


def grid_request(case: dict[str, Any], objective: dict[str, Any]) -> dict[str, Any]:
    return {
        "basis": {"kind": "assumed", "ppi_correlation": case["ppi_corr"]},
        "costs": {
            "human": case["cost_Y"] + case["cost_X"],
            "llm": case["cost_Yhat"],
            "persona": case["cost_X"],
        },
        "objective": objective,
    }


def test_every_budget_is_kept_and_brute_force_matched(server):
    for case in BUDGETS:
        asked = grid_request(case, {"kind": "budget", "budget": case["budget"]})
        plan = post(server, "/v1/designs", asked)["design"]
        best = max(case["brute_force"]["effective_n"], case["brute_force"]["classical_n"])
        assert plan["cost"] <= case["budget"]
        assert plan["effective_sample_size"] >= best - 1
        assert all(group["n"] == int(group["n"]) for group in plan["groups"])


def test_every_target_is_met_at_no_more_than_the_peer_pays(server):
    for case in TARGETS:
        target, peer = case["effective_n_target"], case["ppi_python"]
        asked = grid_request(case, {"kind": "effective_sample_size", "effective_sample_size": target})
        plan = post(server, "/v1/designs", asked)["design"]
        n, m, rho2 = peer["n"], peer["N"], case["ppi_corr"] ** 2
        assert plan["effective_sample_size"] >= target * (1 - 1e-12)
        if n * (n + m) / (n + m * (1 - rho2)) >= target:
            assert plan["cost"] <= peer["cost"] * (1 + 1e-12)


@pytest.mark.parametrize("identification", ["randomization", "exchangeability"])
@pytest.mark.parametrize("budget", [None, 750.0])
def test_sampling_ratio_equals_the_design_endpoint_with_basis_pilot(server, identification, budget):
    rng = np.random.default_rng(7)
    person = rng.normal(size=160)
    arm = ["control", "treatment"] * 30 + [None] * 100
    outcome = [round(3 + 0.4 * (a == "treatment") + p, 3) if a else None for a, p in zip(arm, person, strict=True)]
    noisy = [(person + rng.normal(0, 0.8, 160)).round(3).tolist() for _ in range(2)]
    data = {
        "layout": "table",
        "prediction_design": "shared",
        "arm": arm,
        "outcomes": {"y": outcome},
        "predictions": [{"arm": a, "values": v} for a, v in zip(("control", "treatment"), noisy, strict=True)],
    }
    prices = {"human": 4.0, "llm": 0.03, "persona": 0.01}
    plan = {"identification": identification, "costs": prices | ({"budget": budget} if budget else {})}
    answer = post(server, "/v1/calibrations", {"data": data, "plan": plan})
    spent = 60 * (4.0 + 0.06) + (100 * (0.01 + 0.06) if identification == "exchangeability" else 0.0)
    asked = {
        "basis": {"kind": "pilot", "data": data, "plan": plan},
        "costs": prices,
        "objective": {"kind": "budget", "budget": budget or spent},
    }
    design = post(server, "/v1/designs", asked)
    for part in ("design", "bands", "robust", "cost_share", "llm_pays"):
        assert answer[part] == design[part], part
    assert answer["bands"]["level"] == 0.95
    assert answer["design"]["cost"] <= (budget or spent) * (1 + 1e-12)
    assert post(server, "/v1/calibrations", {"data": data})["design"] is None


def test_refusals_of_designs_name_their_places(server):
    asked = {
        "basis": {"kind": "assumed", "ppi_correlation": {"a": 0.5, "b": 0.4}},
        "costs": {"human": 1, "llm": {"a": 0.1}},
        "objective": {"kind": "budget", "budget": 100},
        "contrasts": [{"name": "x", "weights": {"nobody": 1}}],
    }
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, "/v1/designs", asked)
    problem = json.load(refused.value)
    assert refused.value.code == 422
    assert {(e["pointer"], e["code"]) for e in problem["errors"]} == {
        ("/contrasts/0/weights/nobody", "unknown_arm"),
        ("/basis/model_correlation", "missing_model_correlation"),
    }
