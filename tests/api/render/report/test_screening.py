from __future__ import annotations

from service.api.render.report.screening import page
from tests.api.render.answering import answer
from tests.api.render.pages import column, tables

PATH = "/v1/screenings"


def test_the_lead_counts_and_every_hypothesis_is_judged() -> None:
    found = page(answer(PATH))
    assert found.lead[0] == "Of 4 hypotheses, 2 were run on humans and 1 is rejected at an error rate of 0.05."
    judged = tables(found)["Every hypothesis; one that was not run counts with a p-value of 1"]
    assert column(judged, "rejected") == ["rejected", "not rejected", "not run yet", "not run yet"]
    assert "Hypotheses to take to humans next, the most promising first; exploratory" in tables(found)


def test_without_a_budget_nothing_is_proposed() -> None:
    found = page(answer(PATH) | {"next": None})
    assert "Hypotheses to take to humans next, the most promising first; exploratory" not in tables(found)
