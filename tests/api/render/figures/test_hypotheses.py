from __future__ import annotations

from typing import Any

import pytest

from service.api.render.figures import hypotheses
from tests.api.render.answering import AWKWARD, answer
from tests.api.render.drawings import inside, of, texts

PATH = "/v1/screenings"


def screened(*p_values: float | None, name: str = "h") -> dict[str, Any]:
    whole = answer(PATH)
    one = {"name": name, "weight": 1.0, "p_value": None, "claim": "exploratory"}
    whole["hypotheses"] = [
        one | {"p_value_adjusted": p, "rejected": None if p is None else p <= 0.05} for p in p_values
    ]
    return whole


def test_every_hypothesis_is_drawn_and_what_was_not_run_is_said() -> None:
    whole = answer(PATH)
    root = of(hypotheses.sheet(whole, embedded=False))
    written = texts(root)
    assert {"h1", "h2", "h3", "h4", "adjusted p-value; line: 0.05"} <= set(written)
    assert written.count("not run yet") == 2
    assert inside(root)
    assert hypotheses.words(whole).lines[0] == "h1: weight 1.307, rejected, adjusted p-value 0.0122."
    assert hypotheses.words(whole).lines[3] == "h4: weight 0.6273, not run yet."


@pytest.mark.parametrize("p_values", [(None, None), (0.0, 1.0), (1.0,), (1e-300, 0.04), (0.05,) * 100])
def test_any_p_values(p_values: tuple[float | None, ...]) -> None:
    assert inside(of(hypotheses.sheet(screened(*p_values), embedded=False)))


def test_many_are_counted() -> None:
    written = texts(of(hypotheses.sheet(screened(*[0.5] * 100), embedded=True)))
    assert "40 more hypotheses are in the answer and not drawn." in written


def test_any_name_fits() -> None:
    for name in AWKWARD:
        assert inside(of(hypotheses.sheet(screened(0.5, name=name), embedded=False)))
