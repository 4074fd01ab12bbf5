from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from service.api.wire.calibration import CalibrationRequest, run, to_core, validated
from service.calibration.errors import CalibrationError

RNG = np.random.default_rng(5)
N = 300
SEX = RNG.choice(["f", "m"], N, p=[0.3, 0.7])
Y = RNG.normal(size=N) + (SEX == "f")
TABLE = {
    "layout": "table",
    "outcomes": {"y": [*np.round(Y[:60], 3).tolist(), *[None] * (N - 60)]},
    "predictions": [{"values": np.round(0.8 * Y + RNG.normal(size=N), 3).tolist()}],
    "covariates": {"sex": SEX.tolist()},
}
MARGINS = {"margins": {"sex": {"f": 0.6, "m": 0.4}}}


def job(data, **plan):
    return to_core(msgspec.json.decode(msgspec.json.encode({"data": data, "plan": plan}), type=CalibrationRequest))


def refused(data, **plan) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as found:
        run(job(data, **plan))
    return [(p.pointer, p.code) for p in found.value.problems]


def test_the_answer_gains_transport() -> None:
    answer, plain = json.loads(run(job(TABLE, target=MARGINS))), json.loads(run(job(TABLE)))
    assert plain["transport"] is None
    found = answer["transport"]
    assert (found["method"], found["n_target"]) == ("raking", None)
    assert found["smd_before"]["sex=f"] == -found["smd_before"]["sex=m"] < -0.4
    assert found["smd_after"] == {"sex=f": 0.0, "sex=m": 0.0}
    assert found["kish_n"] < 60.0
    assert 0.0 < found["overlap"] < 1.0
    assert found["tipping_gamma"] == found["tipping"][0]["tipping_gamma"] > 1.0
    assert [(s["source"], s["arm"], s["n"]) for s in found["sources"]] == [
        ("human", "all", 60),
        ("llm_only", "all", 240),
    ]
    assert answer["summary"]["estimate"] > plain["summary"]["estimate"] + 0.1
    assert answer["plan_digest"] != plain["plan_digest"]
    assert "ignorability" in answer["report"]


def test_what_is_valid_is_told_without_computing_it() -> None:
    assert json.loads(validated(job(TABLE, target=MARGINS)))["applied"]["interval"] == "t"


@pytest.mark.parametrize(
    "data",
    [
        {"layout": "arrays", "arms": [{"name": "a", "human": [1, 2, 4], "llm": [1, 2, 3], "llm_only": [1, 2]}]},
        {
            "layout": "moments",
            "predictions": [{"model": "gpt"}],
            "arms": [{"name": "a", "n": 60, "mean": [3.0, 3.1], "covariance": [[1.4, 0.8], [0.8, 1.1]]}],
            "llm_only": [{"arm": "a", "n": 600, "mean": [3.2], "covariance": [[1.1]]}],
        },
    ],
)
def test_layouts_without_covariates_are_refused(data) -> None:
    assert ("/plan/target", "unsupported_combination") in refused(data, target=MARGINS)


def test_impossible_margins() -> None:
    assert refused(TABLE, target={"margins": {"sex": {"f": 0.6, "m": 0.3}}}) == [
        ("/plan/target/margins/sex", "margin_sum")
    ]
    assert refused(TABLE, target={"margins": {"sex": {"f": 0.6, "m": 0.3, "d": 0.1}}}) == [
        ("/plan/target/margins/sex/d", "category_not_in_sample")
    ]
    aged = TABLE | {"covariates": {"age": RNG.integers(18, 80, N).tolist()}}
    out = ("/plan/target/margins/age", "mean_outside_range")  # of the humans, and of the LLM-only units
    assert refused(aged, target={"margins": {"age": 81}}) == [out, out]
    twice = TABLE | {"covariates": {"sex": SEX.tolist(), "gender": SEX.tolist()}}
    both = MARGINS["margins"] | {"gender": {"f": 0.5, "m": 0.5}}
    assert set(refused(twice, target={"margins": both})) == {("/plan/target/margins/gender", "margins_contradict")}
