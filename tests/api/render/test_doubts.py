from __future__ import annotations

from typing import get_args

from service.api.catalogue import CATALOGUE
from service.api.render.doubts import CLAIMS, Doubt, claim_of, grouped, verdict_of
from service.calibration.answer import Claim


def test_every_claim_has_a_meaning() -> None:
    assert set(CLAIMS) == set(get_args(Claim))


def test_warnings_of_one_code_are_one_with_every_place() -> None:
    def warning(code: str, place: str) -> dict[str, str]:
        return {"code": code, "message": f"m {place}", "pointer": place}

    found = grouped([warning("b", "/1"), warning("a", "/2"), warning("b", "/3")])
    assert found == [Doubt("b", ("m /1", "m /3"), ("/1", "/3")), Doubt("a", ("m /2",), ("/2",))]
    assert grouped([warning("b", "/1")] * 2) == [Doubt("b", ("m /1",), ("/1", "/1"))]
    assert grouped([]) == []


def test_a_warning_of_the_catalogue_says_what_to_do() -> None:
    (found,) = grouped([{"code": "few_humans", "message": "m", "pointer": ""}])
    assert found.action == CATALOGUE["few_humans"].action != ""


def test_the_verdict_is_one_or_counted() -> None:
    def verdicts(*found: str) -> str | None:
        return verdict_of({"estimates": [{"verdict": verdict} for verdict in found]})

    assert verdicts("llm_used", "llm_used") == "llm used"
    assert verdicts("llm_used", "no_pool", "llm_used") == "llm used (2), no pool (1)"
    assert verdict_of({"valid": True}) is None


def test_the_claim_is_that_of_the_answer_or_of_its_passport() -> None:
    assert claim_of({"claim": "exploratory", "passport": {"claim": None}}) == "exploratory"
    assert claim_of({"passport": {"claim": "confirmatory"}}) == "confirmatory"
    assert claim_of({"passport": {"claim": None}}) is None
    assert claim_of({"valid": True}) is None
