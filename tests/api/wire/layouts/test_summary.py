from __future__ import annotations

import copy
import json

import msgspec
import numpy as np
import pytest

from service.api.wire.calibration import CalibrationRequest, Job, run, to_core, validated
from service.api.wire.layouts import summary
from service.api.wire.layouts.summary import SummaryLayout
from service.api.wire.sample import Bounds
from service.api.wire.work import of_summary
from service.calibration.errors import CalibrationError, InvalidSample, TooExpensive, UnsupportedCombination
from service.calibration.psps import Summary
from service.calibration.summarised import calibrate_summary
from tests.calibration.fitted import fitted

CORE = fitted(np.random.default_rng(1), n=120, m=1200)
SENT = {
    "layout": "summary",
    "components": list(CORE.components),
    "theta_human": CORE.theta.tolist(),
    "gamma_human": CORE.gamma_human.tolist(),
    "gamma_llm_only": CORE.gamma_llm_only.tolist(),
    "covariance": {name: getattr(CORE, f"c{name}").tolist() for name in ("11", "12", "22", "33")},
    "n_human": 120,
}


def decoded(**fields) -> SummaryLayout:
    document = {**copy.deepcopy(SENT), **fields}
    return msgspec.json.decode(json.dumps(document), type=SummaryLayout)


def read(**fields) -> Summary:
    return summary.to_core(decoded(**fields), 200)


def job(plan: dict | None = None, data: dict | None = None, bounds: Bounds | None = None) -> Job:
    document = {"data": data or SENT, "plan": plan}
    return to_core(msgspec.json.decode(json.dumps(document), type=CalibrationRequest), "", bounds or Bounds())


def covariance(**blocks) -> dict:
    return {"covariance": {**SENT["covariance"], **blocks}}


def refused(**fields) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        read(**fields)
    return [(p.pointer, p.code) for p in found.value.problems]


def test_every_block_finds_its_place() -> None:
    found = read()
    for name in ("theta", "gamma_human", "gamma_llm_only", "c11", "c12", "c22", "c33", "c13", "c23"):
        assert getattr(found, name) == pytest.approx(getattr(CORE, name), rel=1e-12), name
    assert (found.components, found.n_human, found.cross) == (CORE.components, 120, False)


def test_covariances_with_llm_only_units_are_taken() -> None:
    overlap = {"13": (0.1 * CORE.c12).tolist(), "23": (0.1 * CORE.c22).tolist()}
    found = read(cross=True, **covariance(**overlap))
    assert found.c13 == pytest.approx(0.1 * CORE.c12)
    assert found.c23 == pytest.approx(0.1 * CORE.c22)
    assert (found.overlapping, found.cross) == (True, True)


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ({"11": [[1.0], [1.0, 2.0]]}, "length_mismatch"),
        ({"11": []}, "length_mismatch"),
        ({"11": [[1.0]]}, "length_mismatch"),
        ({"11": [[], [], []]}, "length_mismatch"),
    ],
)
def test_matrices_are_rows_of_one_length(blocks: dict, code: str) -> None:
    assert refused(**covariance(**blocks)) == [("/data/covariance/11", code)]


def test_nothing_is_refused_as_such() -> None:
    empty = {"11": [], "12": [], "22": [], "33": []}
    fields = {"components": [], "theta_human": [], "gamma_human": [], "gamma_llm_only": []}
    assert {code for _, code in refused(**fields, **covariance(**empty))} == {"length_mismatch"}


def test_too_many_coefficients() -> None:
    with pytest.raises(TooExpensive) as found:
        job(bounds=Bounds(max_columns=2))
    assert [(p.pointer, p.code) for p in found.value.problems] == [("/data/components", "too_many_columns_sent")]


def test_a_summary_is_answered() -> None:
    answer = json.loads(run(job({"multiplicity": "holm"})))
    expected = calibrate_summary(read(), job({"multiplicity": "holm"}).plan)
    assert [e["estimate"] for e in answer["estimates"]] == [e.result.estimate for e in expected.estimates]
    assert [(e["component"], e["subgroup"], e["pooled"]) for e in answer["estimates"]] == [
        (name, None, None) for name in CORE.components
    ]
    assert (answer["arms"], answer["heterogeneity"], answer["design"]) == ([], [], None)
    assert answer["applied"]["estimand"] == {"type": "summary"}
    assert "from coefficients and covariances of 120 human respondents" in answer["report"]
    valid = json.loads(validated(job()))
    assert (valid["valid"], valid["applied"]["estimator"]) == (True, "regression")
    assert valid["work"]["estimated"] == of_summary(CORE) == 50.0 * 6**3


def test_problems_of_plan_and_summary_are_listed_together() -> None:
    with pytest.raises(CalibrationError) as found:
        job({"target": {}}, {**SENT, "n_human": 2})
    assert [p.pointer for p in found.value.problems] == ["/plan/target", "/data/n_human"]
    with pytest.raises(UnsupportedCombination) as found:
        run(job({"estimand": {"type": "mean"}}))
    assert [p.pointer for p in found.value.problems] == ["/plan/estimand"]


@pytest.mark.parametrize("fields", [{"n_human": 0}, {"n_human": 1.5}, {"theta_human": ["1"]}, {"extra": 1}])
def test_wrong_types_are_refused_at_once(fields: dict) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(**fields)
