from __future__ import annotations

import pytest

from service.api.commands import answering
from service.api.commands.answering import answered
from service.api.commands.requests.document import Document
from service.api.commands.usage import RefusedError
from service.api.routes.designs import EXAMPLE, designs


def test_the_answer_is_the_paths_own_and_its_work_is_told():
    told: list[float] = []
    body = answered(designs(), Document(EXAMPLE), unlimited=False, tell=told.append)
    assert body.startswith(b'{"design":{"groups":')
    assert len(told) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b"{}", "missing_field"),
        (EXAMPLE.replace(b"0.6", b"0.999"), "impossible_correlations"),
    ],
)
def test_a_refusal_carries_problem_and_document(body, code):
    with pytest.raises(RefusedError) as refused:
        answered(designs(), Document(body), unlimited=False, tell=str)
    assert refused.value.problem.code == code
    assert refused.value.document.body == body


def test_work_beyond_the_limit_is_refused_unless_it_is_wanted(monkeypatch):
    monkeypatch.setattr(answering, "WORK_LIMIT", 0.0)
    with pytest.raises(RefusedError) as refused:
        answered(designs(), Document(EXAMPLE), unlimited=False, tell=str)
    assert refused.value.problem.code == "too_expensive"
    assert refused.value.problem.errors[0].hint.endswith(answering.HERE)
    assert answered(designs(), Document(EXAMPLE), unlimited=True, tell=str)
