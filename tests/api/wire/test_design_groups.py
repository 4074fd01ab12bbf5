from __future__ import annotations

from service.api.wire.design_groups import group, units, whole_group
from service.calibration.designs.answer import GroupCount


def test_counts_are_whole_where_the_design_is():
    found = GroupCount("a", True, ("m",), 7.0, 2.5)
    assert type(whole_group(found).n) is int
    assert type(group(found).n) is float
    for wire in (group(found), whole_group(found)):
        assert (wire.arm, wire.human, wire.models, wire.n, wire.unit_cost) == ("a", True, ["m"], 7, 2.5)
    assert (units(3.0), units(None)) == (3, None)
