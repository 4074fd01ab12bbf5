from __future__ import annotations

from dataclasses import fields

import msgspec
import numpy as np

from service.api.wire.design_answer import from_core
from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.design import Objective, design
from service.calibration.designs.groups import Costs


def builtin(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))


def test_every_field_of_the_core_stands_on_the_wire_with_its_value():
    assumed = Assumed(("a", "b"), np.ones(1), np.array([[0.6, 0.3]]), np.array([[1.0, 0.4], [0.4, 1.0]]))
    core = design(assumed_basis(assumed), Costs(5.0, (0.2, 0.005)), Objective("budget", 500.0))
    wire = from_core(core)
    assert {f.name for f in fields(core)} == set(wire.__struct_fields__)
    for name in ("design", "continuous", "human_only"):
        assert builtin(getattr(wire, name)) == builtin(getattr(core, name)), name
    assert builtin(wire.frontier) == builtin(core.frontier)
    counted = (wire.design.n_human, wire.design.groups[0].n, wire.design.models[0].n, wire.human_only.n_human)
    assert all(type(count) is int for count in counted)
    assert (wire.cost_share, wire.llm_pays, wire.rho_min) == (core.cost_share, core.llm_pays, core.rho_min)
