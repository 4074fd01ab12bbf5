from __future__ import annotations

import msgspec
import pytest

from service.api.wire.design_request import DesignRequest, overrides_of, stated_of, unasked
from tests.api.wire.designing import assumed

WHOLE = {"costs": {"human": 4, "llm": {"g": 0.1}}, "objective": {"kind": "power"}, "basis": assumed(0.5)}


def request(**fields: object) -> DesignRequest:
    return msgspec.convert(WHOLE | fields, DesignRequest)


def test_an_assumed_basis_takes_models_and_arms_from_the_request():
    sent = request(arms=["a", "b"], prediction_design="shared")
    stated = stated_of(sent, sent.basis)
    assert (stated.arms, stated.prediction_design, stated.models) == (("a", "b"), "shared", ("g",))
    other = stated_of(sent, sent.basis, msgspec.structs.replace(sent.costs, llm={"h": 1.0}))
    assert other.models == ("h",)


def test_overrides_are_none_where_nothing_is_said():
    assert overrides_of(request()).contrasts is None
    assert overrides_of(request(contrasts=[{"name": "c", "weights": {"a": 1}}])).contrasts[0].name == "c"


def test_arms_of_several_questions_are_for_the_assumed_ones():
    assumed_ones = {"kind": "questions", "questions": [{"name": "q", "basis": assumed(0.5)}]}
    assert unasked(request(basis=assumed_ones, arms=["a", "b"])) == []
    assert unasked(request(arms=["a"], simulate=True)) == []
    arms = [{"name": "all", "human": [1, 2, 3], "llm": [1, 2, 2]}]
    data = {"kind": "pilot", "data": {"layout": "arrays", "arms": arms}}
    of_data = {"kind": "questions", "questions": [{"name": "q", "basis": data}]}
    assert [p.pointer for p in unasked(request(basis=of_data, arms=["a"]))] == ["/arms"]
    assert [p.pointer for p in unasked(request(basis=data, arms=["a"]))] == ["/arms"]


@pytest.mark.parametrize("replicates", [99, 10_001, 100.5])
def test_replicates_are_bounded(replicates):
    with pytest.raises(msgspec.ValidationError):
        request(replicates=replicates)
