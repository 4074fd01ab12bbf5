from __future__ import annotations

from dataclasses import fields

import msgspec
import numpy as np

from service.api.wire.design_answer import from_core
from service.api.wire.passport import Issued, passport
from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.objective import Objective
from tests.calibration.designs.pilots import basis, single

HELD = passport(Issued(path="/v1/designs", method="m", request_digest="d", report="r"))


def builtin(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))


def test_every_field_of_the_core_stands_on_the_wire_with_its_value():
    assumed = Assumed(("a", "b"), np.ones(1), np.array([[0.6, 0.3]]), np.array([[1.0, 0.4], [0.4, 1.0]]))
    core = design(assumed_basis(assumed), Costs(5.0, (0.2, 0.005)), Objective("budget", 500.0))
    wire = from_core(core, HELD)
    assert {f.name for f in fields(core)} | {"passport", "questions", "sampling"} == set(wire.__struct_fields__)
    for name in ("design", "continuous", "human_only"):
        assert builtin(getattr(wire, name)) == builtin(getattr(core, name)), name
    assert builtin(wire.frontier) == builtin(core.frontier)
    counted = (wire.design.n_human, wire.design.groups[0].n, wire.design.models[0].n, wire.human_only.n_human)
    assert all(type(count) is int for count in counted)
    assert (wire.cost_share, wire.llm_pays, wire.rho_min) == (core.cost_share, core.llm_pays, core.rho_min)


def test_a_pilots_bands_robust_design_and_top_up_stand_on_the_wire_with_their_values():
    core = design(basis(single(40, (0.6,)), llm_only=100), Costs(5.0, (0.1,)), Objective("budget", 500.0))
    wire = from_core(core, HELD)
    assert builtin(wire.bands) == builtin(core.bands)
    assert builtin(wire.top_up) == builtin(core.top_up)
    assert core.robust is not None
    flat = builtin(core.robust.design) | {
        "worst_regret": core.robust.worst_regret,
        "plug_in_worst_regret": core.robust.plug_in_worst_regret,
    }
    assert builtin(wire.robust) == flat
    assert type(wire.top_up.n_human) is type(wire.robust.n_human) is type(wire.bands.n_human[0]) is int
