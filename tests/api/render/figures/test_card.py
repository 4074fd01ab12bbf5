from __future__ import annotations

from typing import Any

from service.api.render.figures import card
from service.api.render.severity import SEVERITY
from tests.api.render.answering import AWKWARD, answer
from tests.api.render.drawings import inside, of, texts


def diagnosed(count: int, name: str = "y") -> dict[str, Any]:
    whole = answer("/v1/diagnostics")
    first = whole["checks"][0] | {"outcome": name}
    interval = {"method": "t", "level": 0.95, "lower": -1.0, "upper": None}
    measure = {"name": "dispersion_ratio", "value": 0.447, "interval": interval, "p_value": 0.00001}
    whole["checks"] = [first | {"status": SEVERITY[k % 4], "measures": [measure] * (k % 2)} for k in range(count)]
    return whole


def test_the_card_says_its_verdict_and_every_entry() -> None:
    whole = answer("/v1/diagnostics")
    root = of(card.sheet(whole, embedded=False))
    written = texts(root)
    assert "Use with care" in written
    assert {"exchangeability", "fidelity individual"} <= set(written)
    assert written.count("not testable") == 2
    assert inside(root)
    assert len(card.words(whole).lines) == 3


def test_on_a_page_the_verdict_is_the_page_s() -> None:
    assert "Use with care" not in texts(of(card.sheet(answer("/v1/diagnostics"), embedded=True)))


def test_the_worst_comes_first_with_its_measure() -> None:
    written = texts(of(card.sheet(diagnosed(8), embedded=True)))
    statuses = [text for text in written if text in {"pass", "fail", "warn", "not testable"}]
    assert statuses == ["fail"] * 2 + ["warn"] * 2 + ["not testable"] * 2 + ["pass"] * 2
    assert "dispersion ratio 0.447 from \u22121 (95 %), p < 0.0001" in written


def test_many_entries_are_counted_by_check() -> None:
    written = texts(of(card.sheet(diagnosed(500), embedded=False)))
    assert "125 fail, 125 warn, 125 not testable, 125 pass" in written


def test_any_name_fits() -> None:
    for name in AWKWARD:
        assert inside(of(card.sheet(diagnosed(4, name), embedded=False)))
