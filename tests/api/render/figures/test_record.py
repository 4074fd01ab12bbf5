from __future__ import annotations

import pytest

from service.api.render.figures import record
from tests.api.render.answering import AWKWARD, answer
from tests.api.render.drawings import inside, of, texts

PATH = "/v1/track-records"


def test_both_intervals_and_the_line_are_drawn() -> None:
    whole = answer(PATH)
    root = of(record.sheet(whole, embedded=False))
    written = texts(root)
    assert "0.085 [\u22120.029, 0.199]" in written
    assert "needs 57 studies, there are 8" in written
    assert {"The line of past studies", "Random effects over past studies, 95 %"} <= set(written)
    assert inside(root)
    assert any("human effect = " in line for line in record.words(whole).lines)


def test_too_few_studies_leave_what_the_llm_says() -> None:
    whole = answer(PATH)
    whole["random_effects"] = dict.fromkeys(whole["random_effects"])
    written = texts(of(record.sheet(whole, embedded=False)))
    assert "too few studies" in written
    assert "The line of past studies" not in written


@pytest.mark.parametrize("told", [0.0, -0.25, 1e300])
@pytest.mark.parametrize("name", AWKWARD)
def test_any_effect_and_any_name(told: float, name: str) -> None:
    whole = answer(PATH) | {"name": name}
    whole["llm_only"]["estimate"] = told
    whole["conformal"]["interval"] = {"method": "conformal", "level": 0.95, "lower": -0.3, "upper": 0.7}
    whole["random_effects"] |= {"surrogate_threshold": None, "slope": 0.0}
    assert inside(of(record.sheet(whole, embedded=False)))
