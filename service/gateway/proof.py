"""What the gateway proves before it takes work: that refusals are not answers, and that an answer is one."""

from __future__ import annotations

from service.gateway.elicitation import read
from service.gateway.providers.protocol import Call, Completion, Question
from service.gateway.study import Item, Option

_ITEM = Item("q", "choice", "Do you approve?", (Option("approve", "Approve"), Option("not", "Do not approve")))
_KNOWN = (("Approve.", "approve", None), ("Disapprove", None, "not_an_option"), ("", None, "empty"))


class ProofFailedError(RuntimeError):
    """The gateway reads a known text wrongly and must not serve."""


def prove() -> None:
    """Read three known texts; raises ``ProofFailedError`` for one that is read otherwise."""
    call = Call("known", "sample", "", _ITEM.text, (Question(_ITEM, _ITEM.options),))
    for text, value, missing in _KNOWN:
        (answer,) = read(call, Completion(text=text))
        if (answer.value, answer.missing) != (value, missing):
            raise ProofFailedError(f"a known text is read as {answer.value!r}, {answer.missing!r}")
