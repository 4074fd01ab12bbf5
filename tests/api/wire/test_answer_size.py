from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from service.api.wire.answer_size import LIMIT, answer_bytes
from service.api.wire.calibration import CalibrationRequest, run, to_core
from service.calibration.errors import TooExpensive

TERMS = ["age", "sex"]


def name(kind: str, number: int, length: int) -> str:
    return f"{kind}{number}".ljust(length, "n")


def table(
    length: int, arms: int = 2, models: int = 1, outcomes: int = 1, subgroups: int = 0, categories: int = 0
) -> dict[str, Any]:
    """A table of independent predictions with names of this length."""
    rng, n = np.random.default_rng(7), 60 * arms
    human = [i % 5 != 0 for i in range(n)]

    def drawn() -> list[float | str]:
        if categories:
            return [name("c", int(v), length) for v in rng.integers(0, categories, n)]
        return [round(float(v), 3) for v in rng.normal(size=n)]

    covariates = {
        "age": rng.integers(18, 80, n).tolist(),
        "sex": [name("l", int(v), length) for v in rng.integers(0, 3, n)],
    }
    found = {
        "layout": "table",
        "prediction_design": "independent",
        "arm": [name("a", i % arms, length) for i in range(n)],
        "human": human,
        "outcomes": {
            name("o", k, length): [v if h else None for v, h in zip(drawn(), human, strict=True)]
            for k in range(outcomes)
        },
        "predictions": [
            {"model": name("m", m, length), "outcome": name("o", k, length), "values": drawn()}
            for m in range(models)
            for k in range(outcomes)
        ],
        "covariates": covariates if not categories else {},
    }
    return found | ({"subgroup": [name("s", i // arms % subgroups, length) for i in range(n)]} if subgroups else {})


def sizes(data: dict[str, Any], **plan: object) -> tuple[float, int]:
    """What is expected and what comes."""
    job = to_core(msgspec.json.decode(json.dumps({"data": data, "plan": plan}), type=CalibrationRequest))
    return answer_bytes(job.samples, job.plan), len(run(job))


@pytest.mark.parametrize("length", [4, 900])
@pytest.mark.parametrize(
    ("data", "plan"),
    [
        ({}, {}),
        ({"arms": 8}, {}),
        ({"arms": 3, "models": 3}, {"compare": True}),
        ({"outcomes": 12}, {}),
        ({"subgroups": 2}, {}),
        ({"categories": 3}, {"estimand": {"type": "proportions"}}),
        ({}, {"estimand": {"type": "quantile", "q": [0.4, 0.5, 0.6]}}),
        ({"models": 2}, {"estimand": {"type": "linear", "terms": TERMS, "treatment": True, "cross": True}}),
        ({}, {"estimand": {"type": "amce", "attributes": ["sex"]}}),
    ],
    ids=["two arms", "arms", "models", "outcomes", "subgroups", "categories", "quantiles", "terms", "attributes"],
)
def test_an_answer_is_not_longer_than_expected_and_seldom_a_third_of_it(
    length: int, data: dict[str, int], plan: dict[str, object]
) -> None:
    expected, came = sizes(table(length, **data), **plan)
    assert came <= expected < 4 * came


def test_letters_that_json_spells_out_count_as_they_are_spelled() -> None:
    data = table(4)
    data["arm"] = [arm + "\u0001" * 900 for arm in data["arm"]]
    expected, came = sizes(data)
    assert 900 * 6 * 8 < came <= expected


def test_an_answer_that_would_be_too_long_is_refused_before_it_is_computed() -> None:
    data = table(1000)
    arms = sorted(set(data["arm"]))
    contrasts = [{"name": str(i), "weights": {arms[0]: 1, arms[1]: -1}} for i in range(20_000)]
    with pytest.raises(TooExpensive) as refused:
        sizes(data, contrasts=contrasts)
    (problem,) = refused.value.problems
    assert (problem.pointer, problem.code) == ("", "too_expensive")
    assert f"the limit is {LIMIT / 1e6:g} MB" in problem.detail
    assert "shorter names" in problem.hint
