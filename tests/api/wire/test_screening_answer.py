from __future__ import annotations

import json
from typing import Any

from service.api.wire import screening
from tests.api.wire.test_screening import job

NEXT = {"budget": 2000, "human_cost": 5.0, "outcome_sd": 1.0, "n_human_per_hypothesis": 200}


def answered(**request: Any) -> Any:
    return json.loads(screening.finish(job(**request)).body)


def test_every_documented_field_is_present() -> None:
    found = answered(next=NEXT)
    one, _, waiting = found["hypotheses"]
    assert list(one) == ["name", "weight", "p_value", "p_value_adjusted", "rejected", "claim"]
    assert (one["p_value"], one["rejected"], one["claim"]) == (0.004, True, "confirmatory")
    assert [waiting[k] for k in ("p_value", "p_value_adjusted", "rejected", "claim")] == [
        None,
        None,
        None,
        "exploratory",
    ]
    (proposed,) = found["next"]
    assert proposed | {"probability_of_discovery": 0} == {
        "name": "h4", "n_human": 200, "cost": 1000.0, "probability_of_discovery": 0, "claim": "exploratory",
    }  # fmt: skip
    assert 0 < proposed["probability_of_discovery"] < 1
    assert found["expected_discoveries"] > 0
    assert answered()["next"] is None


def test_the_passport_is_that_of_the_answer() -> None:
    found = answered(models={"gpt": {"generated": "2026-03"}})
    passport = found["passport"]
    assert (passport["path"], passport["claim"], passport["seed"]) == ("/v1/screenings", "confirmatory", 0)
    assert passport["method"] == "weighted benjamini_hochberg, fixed weights"
    assert passport["report"] == found["report"]
    assert passport["assumptions"] == found["assumptions"]
    assert passport["request_digest"] == "sha256:x"
    assert [m["name"] for m in passport["models"]] == ["gpt"]
    assert answered(seed=1)["passport"]["plan_digest"] != passport["plan_digest"]
