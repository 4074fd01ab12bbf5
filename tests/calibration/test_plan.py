from __future__ import annotations

from service.calibration.plan import Model


def test_a_term_has_its_place_in_the_plan() -> None:
    assert Model(("a", "b")).pointer("b") == "/plan/estimand/terms/1"
    assert Model(("a",), called="with").pointer("a") == "/plan/estimand/with"
    assert Model(("a", "b"), called="attributes").pointer("a") == "/plan/estimand/attributes/0"
