from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from service.api.wire import design
from service.api.wire import sample as wire_sample
from service.api.wire.design_work import sampling, simulating
from service.api.wire.work import solving
from service.calibration.errors import CalibrationError
from tests.api.wire.designing import answered, job, refused

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


ASSUMED = {"kind": "assumed", "ppi_correlation": 0.6}


@pytest.mark.parametrize(
    ("objective", "met"),
    [
        (BUDGET, lambda d: d["cost"] <= 400),
        ({"kind": "standard_error", "standard_error": 0.05}, lambda d: d["standard_error"] <= 0.05 + 1e-12),
        ({"kind": "effective_sample_size", "effective_sample_size": 300}, lambda d: d["effective_sample_size"] >= 300),
        ({"kind": "interval_width", "interval_width": 0.3}, lambda d: d["interval_width"] <= 0.3 + 1e-12),
        ({"kind": "equivalence", "margin": 0.2}, lambda d: 0.8 <= d["power"] < 0.81),
    ],
)
def test_every_objective_is_met(objective, met):
    assert met(answered(basis=ASSUMED, objective=objective)["design"])


def test_power_is_reached_for_the_effect():
    found = answered(basis=ASSUMED, objective={"kind": "power"}, effect=-0.2, power=0.9)
    assert 0.9 <= found["design"]["power"] < 0.91
    assert found["human_only"]["power"] >= 0.9
    assert found["design"]["mde"] <= 0.2


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
    for name in ("standard_error", "cost_share"):
        assert found["bands"][name] == pytest.approx(rows["bands"][name], rel=1e-2), name
    assert found["robust"]["cost"] <= 400
    assert found["top_up"] is None
    assert rows["top_up"] is not None


def test_validation_names_basis_and_objective_and_refuses_what_an_answer_would():
    found = json.loads(design.validated(job(basis=ASSUMED)))
    assert found["applied"] == {"basis": "assumed", "objective": "budget"}
    assert found["work"]["estimated"] < found["work"]["limit"]
    with pytest.raises(CalibrationError):
        design.validated(job(basis=ASSUMED | {"ppi_correlation": {"a": 0.6}}, costs={"human": 4, "llm": {"b": 1}}))


def test_refusals_stand_under_the_basis():
    bad = DATA | {"arm": DATA["arm"][:-1]}
    assert ("/basis/data/arm", "length_mismatch") in refused(basis={"kind": "pilot", "data": bad})
    assert refused(basis={"kind": "pilot", "data": DATA}, arms=["c", "t"], prediction_design="shared") == [
        ("/arms", "unsupported_combination"),
        ("/prediction_design", "unsupported_combination"),
    ]


@pytest.mark.parametrize(
    "estimand",
    [
        {"type": "linear", "treatment": True},
        {"type": "quantile"},
        {"type": "plug_in", "statistic": "variance"},
        {"type": "proportions"},
    ],
)
def test_estimands_that_no_design_is_computed_for_are_refused(estimand):
    """They were planned as means, without a word."""
    asked = {"kind": "pilot", "data": DATA, "plan": {"estimand": estimand}}
    assert refused(basis=asked) == [("/basis/plan/estimand", "unsupported_combination")]
    assert answered(basis=asked | {"plan": {"estimand": {"type": "mean_difference"}}})["design"]["n_human"] > 0


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"objective": {"kind": "power"}}, ("/effect", "effect_required")),
        ({"objective": {"kind": "equivalence", "margin": 0.1}, "effect": 0.1}, ("/objective/margin", "bad_objective")),
        ({"draws": {"max": 3}}, ("/draws/icc", "missing_icc")),
        ({"draws": {"icc": 0.3, "max": 20}}, ("/draws/icc", "impossible_correlations")),
        ({"draws": {"icc": {"other": 0.5}}}, ("/draws/icc", "unknown_model")),
    ],
)
def test_questions_without_an_answer_are_refused(request_, problem):
    assert refused(basis=ASSUMED, **request_) == [problem]


def test_draws_are_weighed():
    costs = {"human": 4, "llm": 0.001}
    found = answered(basis=ASSUMED, costs=costs, draws={"icc": {"llm": 0.5}, "max": 5})["design"]
    assert found["draws_per_persona"] == 5
    assert found["models"][0]["n"] == 5 * (found["n_human"] + found["n_llm_only"])


def test_a_pilots_own_draws_say_how_much_they_agree():
    twice = DATA | {
        "predictions": [
            {"arm": p["arm"], "draw": k, "values": (np.array(p["values"]) + rng.normal(0, 0.5, 100)).round(3).tolist()}
            for p in DATA["predictions"]
            for k in (1, 2)
        ]
    }
    costs = {"human": 4, "llm": 0.0005}
    known = answered(basis={"kind": "pilot", "data": twice}, costs=costs, draws={"max": 6})["design"]
    stated = answered(basis={"kind": "pilot", "data": twice}, costs=costs, draws={"icc": 1.0, "max": 6})["design"]
    assert known["draws_per_persona"] > stated["draws_per_persona"] == 1
    assert answered(basis={"kind": "pilot", "data": twice}, costs=costs)["design"]["draws_per_persona"] == 1


def test_a_pilot_has_bands_a_robust_design_and_a_top_up():
    found = answered(basis={"kind": "pilot", "data": DATA})
    assert found["bands"]["level"] == 0.95
    for name in ("standard_error", "n_human", "n_llm_only", "cost_share"):
        assert found["bands"][name][0] <= found["bands"][name][1], name
    assert set(found["robust"]) == {*found["design"], "worst_regret", "plug_in_worst_regret"}
    assert found["robust"]["worst_regret"] <= found["robust"]["plug_in_worst_regret"]
    assert found["robust"]["cost"] <= 400
    assert found["top_up"]["cost"] <= 400
    assert found["top_up"]["standard_error"] < found["top_up"]["standard_error_before"]
    assert found["top_up"]["standard_error"] <= found["top_up"]["standard_error_proportional"]


def test_the_plans_seed_draws_the_scenarios():
    first, again, other = (answered(basis={"kind": "pilot", "data": DATA, "plan": {"seed": s}}) for s in (0, 0, 1))
    assert first == again
    assert first["design"] == other["design"]
    assert first["bands"] != other["bands"]


def test_the_answer_has_every_documented_field():
    found = answered(basis=ASSUMED)
    assert set(found) >= {"design", "continuous", "human_only", "cost_share", "llm_pays", "rho_min", "bands", "robust"}
    assert found["bands"] is found["robust"] is found["top_up"] is None
    assert found["design"]["sampling_ratio"] == found["design"]["n_llm_only"] / found["design"]["n_human"]
    assert found["human_only"]["n_human"] == 100


def test_the_work_of_a_design_grows_with_its_arms_and_models():
    models = {f"m{k}": 0.5 for k in range(3)}
    several = {"kind": "assumed", "ppi_correlation": models, "model_correlation": 0.2}
    assert job(basis=ASSUMED).work == solving(1, 1)
    arms = {"arms": ["a", "b"], "prediction_design": "independent"}
    assert job(basis=several, **arms).work == solving(2, 3)
    assert job(basis={"kind": "pilot", "data": DATA}).work == solving(2, 1) + wire_sample.numbers(
        msgspec.convert(DATA, wire_sample.Data)
    )


def test_the_work_of_questions_checks_and_frames_is_counted():
    asked = {"kind": "questions", "questions": [{"name": name, "basis": ASSUMED} for name in "ab"]}
    assert job(basis=asked).work == solving(2, 1, 2)
    assert job(basis=ASSUMED, simulate=True).work == solving(1, 1) + simulating(1, 0, 1000)
    assert job(basis=ASSUMED, simulate=True, replicates=300).work == solving(1, 1) + simulating(1, 0, 300)
    frame = {"kind": "predicted_errors", "predicted_error": [1.0] * 50, "outcome_sd": 3}
    assert job(basis=frame).work == sampling(50, target=False) + 50
    target = {"kind": "standard_error", "standard_error": 0.5}
    assert job(basis=frame, objective=target).work == sampling(50, target=True) + 50
