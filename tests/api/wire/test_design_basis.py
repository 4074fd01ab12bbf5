from __future__ import annotations

import msgspec

from service.api.wire.design_basis import Overrides, PilotBasis, study_of
from service.api.wire.sample import BOUNDS
from service.calibration.plan import NamedContrast
from tests.api.wire.test_design_solving import PILOT


def test_what_the_request_says_goes_before_the_plan():
    basis = msgspec.convert(PILOT | {"plan": {"confidence_level": 0.8, "seed": 4}}, PilotBasis)
    named = (NamedContrast("double", {"treatment": 2, "control": -2}),)
    _, plain = study_of(basis, Overrides(), "/basis", [], BOUNDS)
    _, over = study_of(basis, Overrides("exchangeability", named, 0.9), "/basis", [], BOUNDS)
    assert (plain.confidence_level, plain.contrasts, plain.seed) == (0.8, None, 4)
    assert (over.confidence_level, over.contrasts, over.identification) == (0.9, named, "exchangeability")


def test_problems_stand_at_the_place_of_the_basis():
    arms = [PILOT["data"]["arms"][0] | {"llm": [1.0]}]
    bad = PILOT | {"data": PILOT["data"] | {"arms": arms}, "plan": {"estimand": {"type": "quantile"}}}
    problems: list = []
    assert study_of(msgspec.convert(bad, PilotBasis), Overrides(), "/there", problems, BOUNDS) is None
    assert [(p.pointer, p.code) for p in problems] == [
        ("/there/plan/estimand", "unsupported_combination"),
        ("/there/data/arms/0/llm", "length_mismatch"),
    ]
