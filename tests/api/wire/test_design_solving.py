from __future__ import annotations

import numpy as np
import pytest

from tests.api.wire.designing import answered, assumed

rng = np.random.default_rng(5)
PERSON = rng.normal(size=160).round(3)
PILOT = {
    "kind": "pilot",
    "data": {
        "layout": "arrays",
        "arms": [
            {
                "name": name,
                "human": PERSON[at : at + 30].tolist(),
                "llm": (PERSON[at : at + 30] + rng.normal(0, 0.5, 30)).round(3).tolist(),
                "llm_only": rng.normal(0, 1.1, 50).round(3).tolist(),
            }
            for at, name in ((0, "control"), (30, "treatment"))
        ],
    },
}


def test_a_pilots_design_is_simulated_under_its_own_names_and_seed():
    pilot = PILOT | {"plan": {"seed": 9}}
    found = answered(basis=pilot, effect=0.4, simulate=True, replicates=100)["simulation"]
    assert found["seed"] == 9
    assert [c["name"] for c in found["contrasts"]] == ["treatment - control"]
    assert found["contrasts"][0]["analytic_power"] is not None
    assert answered(basis=PILOT, simulate=True, replicates=100)["passport"]["seed"] == 0


@pytest.mark.parametrize("prediction_design", ["independent", "shared"])
def test_both_prediction_designs_are_simulated(prediction_design):
    basis = assumed(0.7, arm_correlation=0.5)
    contrasts = [{"name": "gain", "weights": {"b": 1, "a": -1}}]
    found = answered(
        basis=basis,
        arms=["a", "b"],
        prediction_design=prediction_design,
        contrasts=contrasts,
        effect=0.5,
        objective={"kind": "power"},
        simulate=True,
        replicates=100,
    )
    (contrast,) = found["simulation"]["contrasts"]
    assert contrast["name"] == "gain"
    assert contrast["analytic_power"] == pytest.approx(found["design"]["power"])
    assert abs(contrast["power"] - contrast["analytic_power"]) < 4 * contrast["power_error"]


def test_equivalence_is_simulated_with_its_margin():
    objective = {"kind": "equivalence", "margin": 0.3}
    found = answered(basis=assumed(0.7), objective=objective, simulate=True, replicates=100)["simulation"]
    assert found["level"] == 0.9
    assert abs(found["contrasts"][0]["power"] - 0.8) < 0.2
