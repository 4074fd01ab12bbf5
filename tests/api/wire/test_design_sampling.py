from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from service.api.wire.design_sampling import sampling
from service.calibration.designs.objective import Objective
from service.calibration.designs.sampling import Frame, sampling_design
from tests.api.wire.designing import answered, job, refused

U = np.random.default_rng(1).gamma(2, 0.5, 60).round(3)


def frame(errors: object = None, **rest: object) -> dict:
    return {"kind": "predicted_errors", "predicted_error": U.tolist() if errors is None else errors} | rest


def test_every_number_of_the_core_stands_on_the_wire():
    core = sampling_design(Frame(U, 2.0), 4.0, Objective("budget", 40.0))
    wire = sampling(core)
    for name in wire.__struct_fields__:
        assert np.array_equal(getattr(wire, name), getattr(core, name)), name
    assert answered(basis=frame(outcome_sd=2), objective={"kind": "budget", "budget": 40})["sampling"] == json.loads(
        json.dumps({name: getattr(wire, name) for name in wire.__struct_fields__})
    )


def test_a_binary_array_is_the_list():
    packed = {"dtype": "<f8", "data": base64.b64encode(U.tobytes()).decode()}
    assert answered(basis=frame(packed))["sampling"] == answered(basis=frame())["sampling"]


def test_the_money_is_spent_in_expectation():
    found = answered(basis=frame(outcome_sd=2), objective={"kind": "budget", "budget": 40})
    assert 4 * sum(found["sampling"]["probabilities"]) == pytest.approx(40)
    assert found["sampling"]["cost"] == 40
    assert found["design"] is found["questions"] is None
    assert found["frontier"]
    assert found["passport"]["report"].startswith("Of 60 units with LLM answers 10 are asked")
    assert found["passport"]["method"] == "sampling probabilities for budget from predicted errors"
    share = answered(basis=frame(uniform_share=0.5), objective={"kind": "budget", "budget": 40})["sampling"]
    assert share["smallest_probability"] > 0.5 * 10 / 60


def test_places_of_bad_entries_are_told():
    assert refused(basis=frame([1, 0, None, 2])) == [
        ("/basis/predicted_error/1", "bad_predicted_error"),
        ("/basis/predicted_error/2", "bad_predicted_error"),
    ]
    assert refused(basis=frame({"dtype": "<f8", "data": "AAAA"})) == [("/basis/predicted_error/data", "bad_length")]


def test_fields_of_other_designs_are_refused():
    rest = {"arms": ["a", "b"], "constraints": {"max_human": 5}, "simulate": True, "identification": "exchangeability"}
    assert {place for place, _ in refused(basis=frame(), **rest)} == {f"/{name}" for name in rest}
    assert job(basis=frame(), simulate=False).parts == ()
