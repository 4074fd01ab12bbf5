from __future__ import annotations

import base64
import copy
import json
import os
import random
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from service.api.parsing import shipping
from service.api.parsing.errand import mapped
from service.api.routes.calibrations import PROMISED
from service.api.wire import calibration, design
from service.api.wire.calibration import CalibrationRequest
from service.api.wire.columns import BinaryArray, SentNames
from service.api.wire.design_request import DesignRequest
from service.api.wire.layouts.table import Table
from service.calibration.errors import CalibrationError
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.api.wire.layouts.study import ARRAYS, MOMENTS, TABLE
from tests.web.refusals import changed
from tests.web.test_strict_json import REPLACEMENTS, places

DECODER = StrictDecoder(CalibrationRequest, PROMISED)
PROPORTIONS = {"estimand": {"type": "proportions"}}
WORDS = {
    "layout": "arrays",
    "arms": [{"name": "all", "human": ["yes", "no", None, "yes"], "llm": ["yes", "no", "no", "yes"]}],
}


def shipped(wire: Any) -> Any:
    fd = os.memfd_create("test")
    try:
        at, size = shipping.write(wire, fd)
        return shipping.read(type(wire), mapped(fd), at, size)
    finally:
        os.close(fd)


def outcome(wire: CalibrationRequest) -> object:
    """What becomes of a decoded request: the answer's bytes, or every word of its refusal."""
    try:
        return calibration.run(calibration.to_core(wire))
    except CalibrationError as refused:
        return refused.problems


def test_broken_at_random_it_is_answered_and_refused_word_for_word_alike() -> None:
    rng = random.Random(41)
    seen = {bytes: 0, list: 0, tuple: 0}
    for _ in range(500):
        plan = rng.choice([{"missing": "drop_unit"}, PROPORTIONS])
        document = {"data": copy.deepcopy(rng.choice([ARRAYS, TABLE, MOMENTS, WORDS])), "plan": plan}
        for _ in range(rng.choice([0, 1, 1, 2])):
            document = changed(rng.choice(places(document)), copy.deepcopy(rng.choice(REPLACEMENTS)), document)
        body = json.dumps(document).encode()
        try:
            wires = DECODER.decode(body), DECODER.decode(body)
        except ProblemError:
            continue
        whole = outcome(wires[0])
        assert outcome(shipped(wires[1])) == whole, document
        seen[type(whole)] += 1
    assert min(seen[bytes], seen[list] + seen[tuple]) > 40


def test_the_example_is_the_same_answer() -> None:
    body = files("service.api").joinpath("example.json").read_bytes()
    assert outcome(shipped(DECODER.decode(body))) == outcome(DECODER.decode(body))


def test_columns_travel_as_bytes_and_the_rest_as_it_was() -> None:
    packed = {"dtype": "<i2", "data": base64.b64encode(np.array([0, 1, -1], "<i2").tobytes()).decode()}
    table = {
        "layout": "table",
        "outcomes": {"y": [1, None, 2.5], "z": ["a", 1, None], "w": [None, None, None], "v": []},
        "arm": ["c", "t", "c"],
        "covariates": {
            "sex": packed | {"categories": ["f", "m"]},
            "empty": ["", "x", None],
            "long": ["x" * 1001, "x", None],
        },
        "human": [True, False, True],
        "unit": ["1", "2", "3"],
    }
    came = shipped(DECODER.decode(json.dumps({"data": table}).encode())).data
    assert isinstance(came, Table)
    numbers = came.outcomes["y"]
    assert isinstance(numbers, BinaryArray)
    assert numbers.dtype == "<f8"
    np.testing.assert_array_equal(np.frombuffer(numbers.data), [1, np.nan, 2.5])
    assert (came.outcomes["z"], came.outcomes["w"]) == (["a", 1.0, None], [None] * 3)
    assert came.outcomes["v"] == []
    assert isinstance(came.arm, SentNames)
    assert (came.arm.categories, np.frombuffer(came.arm.data, "<i4").tolist()) == (["c", "t"], [0, 1, 0])
    sex = came.covariates["sex"]
    assert (type(sex), sex.dtype, bytes(sex.data)) == (BinaryArray, "<i2", base64.b64decode(packed["data"]))
    empty = came.covariates["empty"]
    assert (empty.categories, np.frombuffer(empty.data, "<i4").tolist()) == (["", "x"], [0, 1, -1])
    long = came.covariates["long"]
    assert (long.categories, np.frombuffer(long.data, "<i4").tolist()) == (["x" * 1001, "x"], [0, 1, -1])
    assert came.human == [True, False, True]
    assert np.frombuffer(came.unit.data, came.unit.dtype).tolist() == [0, 1, 2]


@pytest.mark.parametrize("others", [[], [""]], ids=["one name", "the empty name too"])
@pytest.mark.parametrize("field", ["unit", "subgroup", "arm"])
def test_a_long_name_in_every_row_travels_once(field: str, others: list[str]) -> None:
    """A dictionary of an Arrow stream makes one name millions of rows."""
    names = ["x" * 20_000] * 5_000 + others
    wire = CalibrationRequest(data=Table(outcomes={"y": [1.0] * len(names)}, **{field: names}))
    fd = os.memfd_create("test")
    try:
        at, size = shipping.write(wire, fd)
        assert at + size < 300_000
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    "more",
    [
        {"unit": ["a", "b", "c", "a"]},
        {"arm": ["a", "b", None, "c"]},
        {"arm": ["a", "b", "a", "b"], "subgroup": ["a", "a", "a", "a"]},
        {"cluster": BinaryArray("|i1", b"\0\0\0\0", ["a", "b", "c"])},
        {"cluster": ["a", 1.0, "a", "a"]},
    ],
    ids=["unit", "arm", "together", "categories", "mixed"],
)
def test_more_different_names_than_may_be_are_refused(more: dict[str, Any]) -> None:
    def written(most: int) -> None:
        fd = os.memfd_create("test")
        try:
            shipping.write(CalibrationRequest(data=Table(outcomes={"y": [1.0] * 4}, **more)), fd, most)
        finally:
            os.close(fd)

    written(3)
    with pytest.raises(ProblemError, match="too_many_numbers") as refused:
        written(2)
    assert "more than 2 different names. Send ids as numbers" in refused.value.detail


def test_units_that_share_a_name_are_refused_alike_whether_they_travelled() -> None:
    body = json.dumps({"data": changed("/unit", ["a", "b", "a", "", "c", "", "a"], TABLE)}).encode()
    told = outcome(DECODER.decode(body))
    assert [(p.pointer, p.code) for p in told] == [(f"/data/unit/{i}", "duplicate_unit") for i in (2, 5, 6)]
    assert outcome(shipped(DECODER.decode(body))) == told
    short = json.dumps({"data": changed("/unit", [], TABLE)}).encode()
    assert outcome(shipped(DECODER.decode(short))) == outcome(DECODER.decode(short))


def test_columns_are_counted_by_what_they_become() -> None:
    outcomes = {f"y{i}": [1] for i in range(40)}
    levels = {"dtype": "|i1", "data": "AA==", "categories": [str(i) for i in range(90)]}
    table = {
        "layout": "table",
        "outcomes": outcomes,
        "covariates": {"place": levels, "sex": ["f", "m", None, "f"]},
        "unit": [str(i) for i in range(50)],
    }
    assert shipping.columns(DECODER.decode(json.dumps({"data": table}).encode())) == 40 + 90 + 2
    arms = [{"name": name, "human": [1], "llm": [2]} for name in "ab"]
    assert shipping.columns(DECODER.decode(json.dumps({"data": {"layout": "arrays", "arms": arms}}).encode())) == 4


@pytest.mark.parametrize("kind", ["pilot", "moments"])
def test_the_data_of_a_design_travels_too(kind: str) -> None:
    data = ARRAYS if kind == "pilot" else MOMENTS
    request = {
        "basis": {"kind": kind, "data": data, "plan": {"missing": "drop_unit"}},
        "costs": {"human": 5, "llm": 0.1},
        "objective": {"kind": "budget", "budget": 1000},
    }
    decoder = StrictDecoder(DesignRequest, PROMISED)
    body = json.dumps(request).encode()
    same = [design.to_core(wire) for wire in (decoder.decode(body), shipped(decoder.decode(body)))]
    answers = [design.run(job) for job in same]
    assert answers[0] == answers[1]


def test_names_that_a_plan_says_stay_in_the_document() -> None:
    plan = {"estimand": {"type": "amce", "attributes": ["sex", "age"]}}
    came = shipped(DECODER.decode(json.dumps({"data": TABLE | {"unit": ["1", "2"]}, "plan": plan}).encode()))
    assert came.plan.estimand.attributes == ["sex", "age"]
    assert isinstance(came.data.unit, BinaryArray)
