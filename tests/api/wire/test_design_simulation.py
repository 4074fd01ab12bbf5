from __future__ import annotations

from service.api.wire.design_simulation import simulation
from service.calibration.designs.answer import SimulatedContrast, Simulation
from tests.api.wire.designing import answered, assumed


def test_every_number_of_the_core_stands_on_the_wire():
    contrast = SimulatedContrast("a", 0.95, 0.01, 0.8, 0.02, 0.81, 0.1, 0.11, 0.12)
    wire = simulation(Simulation(100, 3, 0.9, (contrast,)))
    assert (wire.replicates, wire.seed, wire.level) == (100, 3, 0.9)
    for name in wire.contrasts[0].__struct_fields__:
        assert getattr(wire.contrasts[0], name) == getattr(contrast, name), name


def test_it_is_asked_for():
    request = {"basis": assumed(0.6), "effect": 0.3}
    assert answered(**request)["simulation"] is None
    found = answered(**request, simulate=True, replicates=100, seed=4)
    assert (found["simulation"]["replicates"], found["simulation"]["seed"]) == (100, 4)
    assert found["passport"]["seed"] == 4
    assert found["design"] == answered(**request)["design"]
    assert found == answered(**request, simulate=True, replicates=100, seed=4)
