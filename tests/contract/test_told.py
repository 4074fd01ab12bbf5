"""Whatever is asked for, its answer can be told: as a page, as a figure, as tables in a terminal."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import strategies as st

from service.api.commands.shown.calibration import shown
from service.api.commands.terminal import show
from service.api.render.report.reports import to_html, to_svg
from service.api.wire import answer as wire
from tests.api.render.drawings import inside
from tests.api.render.pages import read
from tests.contract import cases
from tests.contract.cases import PAIRS, SEEDS, examples

ONE_EACH = {pair.values[1]: pair.values for pair in PAIRS}.values()


@pytest.mark.parametrize(("estimator", "estimand"), ONE_EACH)
@examples(data=st.data(), seed=SEEDS)
def test_every_answer_can_be_told(estimator: str, estimand: str, data, seed: int) -> None:
    kind = data.draw(cases.kinds(estimand))
    plan = cases.plan(
        kind, estimator, estimand, compare=True, alternative=data.draw(st.sampled_from(["two_sided", "less"]))
    )
    answer = msgspec.json.encode(wire.from_core(cases.answer(cases.study(kind, seed), plan), wire.Digests("a", "b")))
    assert read(to_html("calibrations", answer)).elements
    assert inside(ET.fromstring(to_svg("calibrations", answer)))
    out = io.StringIO()
    show(shown(json.loads(answer)), out)
    assert "For your methods section" in out.getvalue()
