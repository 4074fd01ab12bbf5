from __future__ import annotations

from service.api.commands.requests.document import Document
from service.api.commands.usage import RefusedError
from service.web.problems import ProblemError


def test_a_refusal_is_named_by_its_code():
    refused = RefusedError(ProblemError("empty_body", "x"), Document(b""))
    assert str(refused) == "empty_body"
    assert refused.document.body == b""
