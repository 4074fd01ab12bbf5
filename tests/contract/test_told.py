"""Whatever is asked for, its answer can be told: as a page, as a figure, as tables in a terminal."""

from __future__ import annotations

import io
import json
from itertools import cycle
from xml.etree import ElementTree as ET

import msgspec
import pytest

from service.api.commands.shown.calibration import shown
from service.api.commands.terminal import show
from service.api.render.report.reports import to_html, to_svg
from service.api.wire import answer as wire
from tests.api.render.drawings import inside
from tests.api.render.pages import read
from tests.contract import cases
from tests.contract.cases import PAIRS

ESTIMATOR = {pair.values[1]: pair.values[0] for pair in PAIRS}
ASKED = [
    pytest.param(estimand, kind, tail, id=f"{estimand}-{kind}-{tail}")
    for estimand, kinds in cases.KINDS.items()
    for kind, tail in zip(kinds, cycle(("less", "two_sided", "greater")))
]


@pytest.mark.parametrize(("estimand", "kind", "tail"), ASKED)
def test_every_answer_can_be_told(estimand: str, kind: str, tail: str) -> None:
    plan = cases.plan(kind, ESTIMATOR[estimand], estimand, compare=True, alternative=tail)
    answer = msgspec.json.encode(wire.from_core(cases.answer(cases.study(kind, 3), plan), wire.Digests("a", "b")))
    assert read(to_html("calibrations", answer)).elements
    assert inside(ET.fromstring(to_svg("calibrations", answer)))
    out = io.StringIO()
    show(shown(json.loads(answer)), out)
    assert "For your methods section" in out.getvalue()
