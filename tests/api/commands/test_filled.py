from __future__ import annotations

import pytest

from service.api.commands.filled import filled
from service.api.commands.source import Source
from service.api.commands.usage import RefusedError
from service.api.wire.calibration import CalibrationRequest

NAMED = {"data": {"layout": "table", "outcomes": {"y": "answer"}, "predictions": [{"values": "llm"}], "cluster": "id"}}


def test_columns_stand_where_their_names_stood():
    source = Source("f", b"answer,llm,id\n3,2.5,a\n,1,b\n", ("answer", "llm", "id"))
    data = filled(CalibrationRequest, (), NAMED, source)["data"]
    assert data["outcomes"] == {"y": [3, None]}
    assert data["predictions"] == [{"values": [2.5, 1]}]
    assert data["cluster"] == ["a", "b"]
    assert NAMED["data"]["outcomes"] == {"y": "answer"}


def test_a_refusal_carries_the_names():
    source = Source("f", b"answer,id\n3,a\n", ("answer", "id"))
    with pytest.raises(RefusedError) as refused:
        filled(CalibrationRequest, (), NAMED | {"plan": {"confidence_level": 2}}, source)
    places = {e.pointer for e in refused.value.problem.errors}
    assert places == {"/plan/confidence_level", "/data/predictions/0/values"}
    assert refused.value.document.named["data"] == NAMED["data"]
