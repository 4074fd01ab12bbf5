from __future__ import annotations

import copy
import hashlib
import json
from importlib.metadata import version

import msgspec
import pytest

from service.api.wire.calibration import CalibrationRequest, Job, plan_digest, run, to_core, validated
from service.api.wire.doubts import WORK_LIMIT
from service.api.wire.sample import Bounds, numbers
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError, InvalidSample
from service.web.problems import ProblemError
from tests.api.wire.layouts.study import ARRAYS, MOMENTS, TABLE

GOOD = {"data": {**ARRAYS, "arms": ARRAYS["arms"][:1] * 1}, "plan": {"estimand": {"type": "mean"}}}


def job(document: dict, digest: str = "sha256:body") -> Job:
    return to_core(msgspec.json.decode(json.dumps(document), type=CalibrationRequest), digest)


def planned(**plan) -> dict:
    return {"data": copy.deepcopy(TABLE), "plan": plan}


def digest(**plan) -> str:
    ready = job(planned(**plan))
    return plan_digest(ready, calibrate(ready.samples, ready.plan).applied)


def test_a_request_becomes_a_job() -> None:
    ready = job(GOOD)
    assert (ready.samples[0].arms, ready.plan.estimand) == (("control",), "mean")
    assert (ready.body_digest, ready.work) == ("sha256:body", 26.0)
    assert job({"data": GOOD["data"]}).plan.estimator == "auto"


def test_problems_of_plan_and_data_are_listed_together() -> None:
    document = {"data": ARRAYS, "plan": {"target": {}}}
    with pytest.raises(InvalidSample) as refused:
        job(document)
    assert [p.pointer for p in refused.value.problems] == ["/plan/target", "/data/arms/1/human/3"]


def test_problems_of_the_plan_alone_are_a_refusal_too() -> None:
    with pytest.raises(CalibrationError) as refused:
        job({"data": GOOD["data"], "plan": {"target": {}}})
    assert [p.pointer for p in refused.value.problems] == ["/plan/target"]


def test_missing_human_answers_are_the_plans_choice() -> None:
    assert job({"data": ARRAYS, "plan": {"missing": "drop_unit"}}).samples[0].n_dropped == 1


def test_run_gives_the_documented_answer() -> None:
    answer = json.loads(run(job(GOOD)))
    assert answer["request_digest"] == "sha256:body"
    assert answer["service_version"] == version("rectifier")
    assert answer["method_version"] == "2026.2"
    assert answer["summary"]["estimate"] == answer["estimates"][0]["estimate"]
    assert answer["applied"]["estimand"] == {"type": "mean"}


def test_the_same_request_gives_the_same_bytes() -> None:
    assert run(job(planned(compare=True))) == run(job(planned(compare=True)))


def test_validation_says_what_would_be_done_and_no_number() -> None:
    found = json.loads(validated(job(GOOD)))
    assert set(found) == {"valid", "applied", "work", "warnings"}
    assert found["valid"] is True
    assert found["work"] == {"estimated": 26.0, "limit": WORK_LIMIT}
    whole = json.loads(run(job(GOOD)))
    assert (found["applied"], found["warnings"]) == (whole["applied"], whole["warnings"])


def test_validation_gives_the_error_it_would_get() -> None:
    ready = job(planned(estimator="regression"))
    for way in (run, validated):
        with pytest.raises(CalibrationError) as refused:
            way(ready)
        assert [p.code for p in refused.value.problems] == ["too_many_columns"]


def test_the_plan_digest_is_of_the_plan_with_its_defaults() -> None:
    """Defaults said aloud change nothing; every choice that changes what is done does."""
    plain = digest(estimator="human_only")
    assert len(plain) == len("sha256:") + hashlib.sha256().digest_size * 2
    spoken = digest(
        estimator="human_only",
        estimand={"type": "mean_difference"},
        identification="randomization",
        control="control",
        confidence_level=0.95,
        alternative="two_sided",
        interval="auto",
        missing="error",
        seed=0,
        compare=False,
    )
    assert spoken == plain
    others = [
        digest(estimator="human_only", **change)
        for change in (
            {"estimand": {"type": "mean"}},
            {"identification": "exchangeability"},
            {"control": "treatment"},
            {"contrasts": [{"name": "x", "weights": {"control": 1, "treatment": -1}}]},
            {"confidence_level": 0.9},
            {"alternative": "less"},
            {"null_value": 1.0},
            {"interval": "normal"},
            {"inference_population": "sample"},
            {"compare": True},
            {"compat": True},
            {"missing": "drop_unit"},
            {"seed": 1},
        )
    ]
    assert len({plain, digest(), *others}) == len(others) + 2


def test_the_digest_does_not_depend_on_the_numbers() -> None:
    document = planned(estimator="human_only")
    document["data"]["outcomes"]["trust"][0] = 1.5
    other = job(document)
    assert plan_digest(other, calibrate(other.samples, other.plan).applied) == digest(estimator="human_only")


HUMAN, LLM = ["no", "yes", "yes", None, "no", "yes"], ["no", "yes", "no", "no", "no", "yes"]
CHOICES = {
    "layout": "arrays",
    "arms": [{"name": "all", "human": HUMAN, "llm": LLM, "llm_only": ["yes", "no", None, "yes"]}],
}


def test_shares_of_categories() -> None:
    asked = {"estimand": {"type": "proportions"}, "missing": "drop_unit", "estimator": "regression"}
    ready = job({"data": CHOICES, "plan": asked})
    assert [s.component for s in ready.samples] == ["no", "yes"]
    found = json.loads(run(ready))
    assert [(e["name"], e["component"]) for e in found["estimates"]] == [("all", "no"), ("all", "yes")]
    assert sum(e["estimate"] for e in found["estimates"]) == pytest.approx(1.0, abs=1e-12)
    assert found["applied"]["categories"] == ["no", "yes"]
    assert [p["category"] for p in found["arms"][0]["predictions"]] == ["yes"]


def test_categories_that_the_plan_names() -> None:
    numbers = {"layout": "arrays", "arms": [{"name": "all", "human": [1, 2, 2, 1, 3], "llm": [1, 2, 3, 1, 3]}]}
    plan = {"estimand": {"type": "proportions", "categories": [3, "2", 1.0]}}
    assert [s.component for s in job({"data": numbers, "plan": plan}).samples] == ["3", "2", "1"]
    with pytest.raises(InvalidSample) as refused:
        job({"data": numbers, "plan": {"estimand": {"type": "proportions", "categories": [1, 2]}}})
    assert {(p.pointer, p.code) for p in refused.value.problems} == {
        (f"/data/arms/0/{place}", "unknown_category") for place in ("human/4", "llm/2", "llm/4")
    }


def test_several_outcomes_in_one_request() -> None:
    data = copy.deepcopy(TABLE)
    data["outcomes"]["warmth"] = [1, 5, 2, 4, 3, 3, None]
    with pytest.raises(InvalidSample) as refused:
        job({"data": data})
    assert [p.code for p in refused.value.problems] == ["outcome_required"] * 2
    for column in data["predictions"]:
        column["outcome"] = "trust"
    data["predictions"] += [column | {"outcome": "warmth"} for column in data["predictions"]]
    found = json.loads(run(job({"data": data})))
    assert [e["outcome"] for e in found["estimates"]] == ["trust", "warmth"]
    assert [a["outcome"] for a in found["arms"]] == ["trust", "trust", "warmth", "warmth"]


def test_moments_have_no_categories() -> None:
    with pytest.raises(InvalidSample) as refused:
        job({"data": MOMENTS, "plan": {"estimand": {"type": "proportions"}}})
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/data/layout", "unsupported_combination")]


def factorial(**plan) -> dict:
    """Eight humans and eight personas of each combination of two factors, from two strata."""
    rows = [(a, b, k) for a in ("cold", "warm") for b in ("friend", "office") for k in range(16)]
    score = [((7 * k + 3 * i) % 11) / 5 + (a == "warm") + (b == "friend") for i, (a, b, k) in enumerate(rows)]
    data = {
        "layout": "table",
        "outcomes": {"y": [v if k < 8 else None for v, (_, _, k) in zip(score, rows, strict=True)]},
        "predictions": [{"values": [0.5 * v + (k % 3) / 4 for v, (_, _, k) in zip(score, rows, strict=True)]}],
        "covariates": {"tone": [a for a, _, _ in rows], "by": [b for _, b, _ in rows]},
        "stratum": ["north" if k % 2 else "south" for _, _, k in rows],
    }
    return {"data": data, "plan": {"estimand": {"type": "amce", "attributes": ["tone", "by"], **plan}}}


def test_interactions_are_answered_applied_and_part_of_the_plan() -> None:
    asked = factorial(interactions=[["tone", "by"]])
    answer, plain = json.loads(run(job(asked))), json.loads(run(job(factorial())))
    assert answer["applied"]["interactions"] == [["tone", "by"]]
    assert plain["applied"]["interactions"] is None
    assert answer["plan_digest"] != plain["plan_digest"]
    added = [e["component"] for e in answer["estimates"][len(plain["estimates"]) :]]
    assert added[0] == "tone=warm:by=office"
    assert added[1:] == [f"mean of tone={a}, by={b}" for a in ("cold", "warm") for b in ("friend", "office")]


def test_strata_and_their_shares_go_with_coefficients() -> None:
    own = json.loads(run(job(factorial())))
    asked = factorial()
    asked["plan"]["stratum_shares"] = {"north": 0.8, "south": 0.2}
    stated = json.loads(run(job(asked)))
    assert "stratum_shares_from_sample" in {w["code"] for w in own["warnings"]}
    assert "stratum_shares_from_sample" not in {w["code"] for w in stated["warnings"]}
    assert stated["summary"]["estimate"] != own["summary"]["estimate"]


def test_rows_of_a_target_count_like_those_of_the_data() -> None:
    rows = {"age": list(range(1000))}
    request = msgspec.convert(planned(target={"covariates": rows}), CalibrationRequest)
    held = numbers(request.data)
    to_core(request, bounds=Bounds(max_numbers=held + 1000))
    with pytest.raises(ProblemError, match="too_many_numbers"):
        to_core(request, bounds=Bounds(max_numbers=held + 999))
