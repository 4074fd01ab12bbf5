from __future__ import annotations

from typing import get_args

from service.api.render.report.diagnosis import VERDICTS, page
from service.calibration.diagnostics.diagnose import Diagnosis
from tests.api.render.answering import answer
from tests.api.render.pages import column, facts, tables

NUMBERS = "Numbers of the checks; p-values are not adjusted for the other tests of the card"


def test_every_verdict_has_a_sentence() -> None:
    import typing

    hints = typing.get_type_hints(Diagnosis)
    assert set(VERDICTS) == set(get_args(hints["summary"]))


def test_the_page_says_the_verdict_its_reason_and_what_to_do() -> None:
    whole = answer("/v1/diagnostics")
    found = page(whole)
    assert found.title == "Diagnostics: use with care"
    assert found.lead == (VERDICTS["use_with_care"], f"{whole['reason'].capitalize()[:1]}{whole['reason'][1:]}.")
    assert facts(found)["of them"] == "2 not testable"
    actions = tables(found)["Every entry, the worst first"]
    assert column(actions, "do") == [check["action"] for check in whole["checks"]]


def test_measures_and_ranked_models_have_tables() -> None:
    whole = answer("/v1/diagnostics")
    interval = {"method": "t", "level": 0.95, "lower": 0.2, "upper": 0.9}
    whole["checks"][0] |= {"measures": [{"name": "a_b", "value": 0.5, "interval": None, "p_value": 0.01}]}
    assert "level" not in [head.text for head in tables(page(whole))[NUMBERS].heads]
    whole["checks"][0]["measures"] += [{"name": "c", "value": 0.5, "interval": interval, "p_value": None}]
    assert column(tables(page(whole))[NUMBERS], "95 % interval") == ["\u2013", "[0.200, 0.900]"]
    other = interval | {"level": 0.9}
    whole["checks"][0]["measures"] += [{"name": "d", "value": 0.5, "interval": other, "p_value": None}]
    assert column(tables(page(whole))[NUMBERS], "level") == ["\u2013", "95 %", "90 %"]
    model = {"outcome": "y", "model": "gpt", "rank": 1, "variance_ratio": 0.5, "interval": interval}
    fidelity = {"rank": 1, "cross_fitted_correlation": 0.6, "interval": interval}
    other = {"value": 1.5, "interval": interval, "beyond_noise": True}
    model |= {"ratio_to_next": None, "p_value": None}
    first, second = {"ratio_to_best": None, "fidelity": fidelity}, {"ratio_to_best": other, "fidelity": None}
    whole["models"] = [model | first, model | second | {"model": "small", "rank": 2}]
    found = tables(page(whole))
    assert column(found[NUMBERS], "measure") == ["a b", "c", "d"]
    ranked = found["Models by the variance they would leave, cross-fitted; exploratory"]
    assert column(ranked, "95 % interval") == ["[0.200, 0.900]"] * 2
    assert column(ranked, "beyond noise") == ["\u2013", "yes"]
    assert column(ranked, "fidelity") == ["0.6", "\u2013"]
