from __future__ import annotations

from typing import get_args

import pytest

from service.api.render.report.blocks import Facts, Items, Paragraph
from service.api.render.report.evidence import assumptions, closing, sources
from service.calibration.answer import Status
from tests.api.render.answering import BY_PATH, answer


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_every_answer_ends_with_its_evidence(path: str) -> None:
    whole = answer(path)
    found = {section.heading: section for section in closing(whole, [])}
    quoted = found["For a methods section"].blocks[0]
    assert isinstance(quoted, Paragraph)
    assert quoted.text == whole["passport"]["report"]
    citation = found["How to cite"].blocks[0]
    assert isinstance(citation, Paragraph)
    assert whole["service_version" if "service_version" in whole else "passport"]
    assert whole["passport"]["service_version"] in citation.text
    numbers = found["Where these numbers come from"].blocks[0]
    assert isinstance(numbers, Facts)
    assert whole["passport"]["request_digest"] in [cell.text for _, cell in numbers.entries]


def test_sources_are_those_of_the_cards_once_each() -> None:
    found = sources(
        [("estimator", "regression"), ("estimand", "mean_difference"), ("interval", "t"), ("interval", "none")]
    )
    assert found.count("Lin (2013), AOAS 7:295-318") == 1
    assert "Satterthwaite (1946)" in found
    cited = closing(answer("/v1/calibrations"), [("estimator", "regression")])
    assert any(isinstance(block, Items) for section in cited for block in section.blocks)


def test_every_status_of_an_assumption_is_told() -> None:
    found = [{"name": "no_leakage", "status": s, "p_value": None, "statement": "x"} for s in get_args(Status)]
    assert [row[1].status for row in assumptions(found).rows] == list(get_args(Status))
