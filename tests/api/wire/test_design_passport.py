from __future__ import annotations

import msgspec

from service.api.wire.design_passport import Asked, of_design
from service.api.wire.passport import PassportModel, digest_of
from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.objective import Objective
from service.calibration.designs.report import paragraph
from service.calibration.plan import Plan
from tests.calibration.designs.pilots import basis, single

FOUND = design(basis(single(40, (0.6,)), llm_only=100), Costs(5.0, (0.1,)), Objective("budget", 500.0))
GPT = PassportModel("gpt", "5", None, None)


def test_a_design_from_a_pilot_has_its_plan_and_seed() -> None:
    held = of_design(FOUND, Asked("pilot", "budget", "sha256:body", (GPT,), Plan(seed=3)))
    assert (held.path, held.method) == ("/v1/designs", "c-optimal design for budget from pilot")
    assert (held.request_digest, held.plan_digest, held.seed) == ("sha256:body", digest_of(Plan(seed=3)), 3)
    assert held.plan_digest != digest_of(Plan())
    assert (held.claim, held.models, held.report) == (None, [GPT], paragraph(FOUND, "pilot", "budget"))
    assert [(a.name, a.status) for a in held.assumptions] == [
        ("study_like_its_data", "assumed"),
        ("exchangeability", "assumed"),
    ]


def test_one_from_assumptions_has_neither() -> None:
    held = of_design(FOUND, Asked("assumed", "budget", "sha256:body", (), None))
    assert (held.plan_digest, held.seed) == (None, None)
    assert held.assumptions[0].name == "stated_quantities"
    assert msgspec.json.decode(msgspec.json.encode(held))["assumptions"][0]["p_value"] is None
