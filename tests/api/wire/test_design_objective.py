from __future__ import annotations

import msgspec
import pytest

from service.api.wire.design_objective import Objective, objective_of


@pytest.mark.parametrize(
    "kind", ["budget", "standard_error", "effective_sample_size", "interval_width", "power", "equivalence"]
)
def test_every_kind_keeps_its_value(kind):
    field = {"equivalence": "margin"}.get(kind, kind)
    sent = {"kind": kind} | ({} if kind == "power" else {field: 0.7})
    found = objective_of(msgspec.convert(sent, Objective))
    assert found.kind == kind
    assert found.value == (1.0 if kind == "power" else 0.7)
