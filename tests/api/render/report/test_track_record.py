from __future__ import annotations

from service.api.render.report.track_record import page
from tests.api.render.answering import answer
from tests.api.render.pages import facts, headings

PATH = "/v1/track-records"


def test_the_lead_says_what_to_expect_and_how_sure_that_is() -> None:
    found = page(answer(PATH))
    assert found.lead[0] == "The LLM alone says 0.25 for message B."
    assert found.lead[1].endswith("95 % interval [\u22120.029, 0.199].")
    assert found.subject == "message B"
    assert found.claim == "exploratory_with_track_record"
    assert facts(found)["studies missing"] == "49"
    assert {"Random effects", "Conformal", "How near LLM effects came to human ones"} <= set(headings(found))


def test_a_short_record_promises_nothing() -> None:
    whole = answer(PATH)
    whole["random_effects"] = dict.fromkeys(whole["random_effects"])
    found = page(whole)
    assert found.lead[-1] == "The record has too few studies for an interval."
    assert "Random effects" not in headings(found)
