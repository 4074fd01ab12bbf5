from __future__ import annotations

import pytest

from service.api.render.report.validation import page
from tests.api.render.answering import BY_PATH, answer
from tests.api.render.pages import facts


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_it_says_that_it_was_only_checked_and_what_would_be_done(path: str) -> None:
    whole = answer(path, validate=True)
    found = page(whole)
    assert "only checked" in found.lead[0]
    told = facts(found)
    assert "work, estimated" in told
    assert len(told) > 2
    assert "True" not in told.values()
    assert not any("{" in text for text in told.values())
