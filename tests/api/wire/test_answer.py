from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import msgspec
import pytest

from service.api.wire import answer as wire
from service.api.wire.passport import METHOD_VERSION, SERVICE_VERSION
from service.calibration import answer as core
from service.calibration.calibrate import calibrate
from service.calibration.plan import Plan
from service.calibration.report import paragraph
from tests.calibration.studies import simulate

ANSWER = calibrate(simulate(12, (30, 31), (80, 81), models=2, covariates=1).sample(), Plan(compare=True))
DIGESTS = wire.Digests("sha256:request", "sha256:plan")
DOCUMENT = json.loads(msgspec.json.encode(wire.from_core(ANSWER, DIGESTS)))


def test_every_documented_field_is_present_and_in_order() -> None:
    assert list(DOCUMENT) == [
        *("request_digest", "plan_digest", "service_version", "method_version", "claim", "summary", "estimates"),
        *(
            "arms",
            "heterogeneity",
            "applied",
            "assumptions",
            "transport",
            "design",
            "bands",
            "robust",
            "cost_share",
            "llm_pays",
            "missing_answers",
            "warnings",
            "report",
            "passport",
        ),
    ]
    assert set(DOCUMENT["estimates"][0]) == {
        *(
            "name",
            "outcome",
            "component",
            "subgroup",
            "claim",
            "estimate",
            "standard_error",
            "df",
            "p_value",
            "p_value_adjusted",
        ),
        *("interval", "human_only", "llm_only", "models", "variance_ratio", "human_sample_size"),
        *("effective_sample_size", "ppi_correlation", "verdict", "pooled", "alternatives"),
    }


def test_digests_and_versions() -> None:
    assert DOCUMENT["request_digest"] == "sha256:request"
    assert DOCUMENT["plan_digest"] == "sha256:plan"
    assert (DOCUMENT["service_version"], DOCUMENT["method_version"]) == (SERVICE_VERSION, METHOD_VERSION)


def test_the_summary_is_the_first_estimate() -> None:
    first = DOCUMENT["estimates"][0]
    assert DOCUMENT["summary"] == {
        "estimate": first["estimate"],
        "lower": first["interval"]["lower"],
        "upper": first["interval"]["upper"],
        "p_value": first["p_value"],
        "human_only_estimate": first["human_only"]["estimate"],
        "effective_sample_size": first["effective_sample_size"],
        "verdict": first["verdict"],
        "claim": first["claim"],
    }


def test_the_estimate_is_the_cores() -> None:
    first, block = DOCUMENT["estimates"][0], ANSWER.estimates[0]
    assert first["estimate"] == block.result.estimate
    assert first["human_only"] == json.loads(msgspec.json.encode(dataclasses.asdict(block.human_only)))
    assert first["llm_only"] == dataclasses.asdict(block.llm_only)
    assert first["models"] == [dataclasses.asdict(m) for m in block.models]
    assert [a["estimator"] for a in first["alternatives"]] == [a.estimator for a in block.alternatives]
    assert first["alternatives"][0]["interval"] == dataclasses.asdict(block.alternatives[0].result.interval)
    assert (first["component"], first["p_value_adjusted"]) == (None, None)


def test_arms_are_the_cores() -> None:
    for arm, block in zip(DOCUMENT["arms"], ANSWER.arms, strict=True):
        assert arm["predictions"] == [dataclasses.asdict(p) for p in block.predictions]
        assert arm["mean"] == dataclasses.asdict(block.mean)
        assert (arm["name"], arm["n_human"], arm["n_llm_only"]) == (block.name, block.n_human, block.n_llm_only)
        assert (arm["r_squared"], arm["adjusted_r_squared"]) == (block.r_squared, block.adjusted_r_squared)


def test_applied_assumptions_warnings_and_report() -> None:
    applied = dataclasses.asdict(ANSWER.applied)
    assert DOCUMENT["applied"] == {**applied, "estimand": {"type": applied["estimand"]}}
    assert DOCUMENT["assumptions"] == [dataclasses.asdict(a) for a in ANSWER.assumptions]
    assert DOCUMENT["warnings"] == [dataclasses.asdict(w) for w in ANSWER.warnings]
    assert DOCUMENT["report"] == paragraph(ANSWER)


def test_without_costs_there_is_no_design() -> None:
    nothing = ("design", "bands", "robust", "cost_share", "llm_pays")
    assert [DOCUMENT[name] for name in nothing] == [None] * 5


def test_an_open_end_and_an_absent_llm_are_null() -> None:
    study = simulate(12, (30, 31), models=0)
    answer = calibrate(study.sample(), Plan(estimator="human_only", alternative="greater", interval="normal"))
    document = json.loads(msgspec.json.encode(wire.from_core(answer, DIGESTS)))
    first = document["estimates"][0]
    assert (first["interval"]["upper"], first["llm_only"], first["df"]) == (None, None, None)
    assert document["summary"]["upper"] is None


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [(wire.Applied, core.Applied), (wire.Assumption, core.Assumption)],
)
def test_struct_and_dataclass_have_the_same_fields(mine, theirs) -> None:
    assert list(mine.__struct_fields__) == [f.name for f in dataclasses.fields(theirs)]


def test_the_claim_is_carried_not_made() -> None:
    exploratory = replace(ANSWER, claim="exploratory")
    assert wire.from_core(exploratory, DIGESTS).claim == "exploratory"
