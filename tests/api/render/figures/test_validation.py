from __future__ import annotations

import pytest

from service.api.render.figures import validation
from tests.api.render.answering import BY_PATH, answer
from tests.api.render.drawings import inside, of, texts


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_it_says_that_the_request_is_valid_and_what_it_costs(path: str) -> None:
    whole = answer(path, validate=True)
    root = of(validation.sheet(whole, embedded=False))
    assert "The request is valid" in texts(root)
    assert validation.cost(whole) in texts(root)
    assert inside(root)
    assert validation.words(whole).lines == [validation.cost(whole)]


def test_the_cost_is_told_as_a_share() -> None:
    told = validation.cost({"work": {"estimated": 7e7, "limit": 7e9}})
    assert told == "Work: about 7 \u00d7 10\u2077 units, 1 % of what a request may need."
