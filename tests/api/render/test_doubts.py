from __future__ import annotations

from typing import get_args

from service.api.render.doubts import CLAIMS, claim_of, grouped
from service.calibration.answer import Claim


def test_every_claim_has_a_meaning() -> None:
    assert set(CLAIMS) == set(get_args(Claim))


def test_warnings_of_one_code_are_one_with_every_place() -> None:
    def warning(code: str, place: str) -> dict[str, str]:
        return {"code": code, "message": f"m {place}", "pointer": place}

    found = grouped([warning("b", "/1"), warning("a", "/2"), warning("b", "/3")])
    assert [(d.code, d.message, d.pointers) for d in found] == [("b", "m /1", ("/1", "/3")), ("a", "m /2", ("/2",))]
    assert grouped([]) == []


def test_the_claim_is_that_of_the_answer_or_of_its_passport() -> None:
    assert claim_of({"claim": "exploratory", "passport": {"claim": None}}) == "exploratory"
    assert claim_of({"passport": {"claim": "confirmatory"}}) == "confirmatory"
    assert claim_of({"passport": {"claim": None}}) is None
    assert claim_of({"valid": True}) is None
