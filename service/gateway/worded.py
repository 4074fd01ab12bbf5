"""The words and the schema of a call's questions as shown, made once per run for every order while they fit.

**Units** bytes, estimated: where orders are drawn few calls share one, and what is kept does not grow with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from service.gateway.elicitation import question_text, schema_of
from service.gateway.providers.protocol import Question
from service.gateway.study import Code, Method

KEPT_BYTES = 4 << 20
_PER_OPTION = 300
Order = tuple[tuple[str, tuple[Code, ...]], ...]
"""Item names with the codes in the order shown: all that differs between calls of one study."""


class Worded(NamedTuple):
    """What stands for ``{item}``, several questions numbered; and the schema of the answer, if it has one."""

    text: str
    schema: Mapping[str, object] | None


class Wordings:
    """Those of one study and method."""

    def __init__(self, method: Method, most: int = KEPT_BYTES) -> None:
        self._method, self._most = method, most
        self._kept: dict[Order, Worded] = {}
        self.size = 0

    def of(self, questions: tuple[Question, ...]) -> Worded:
        """The questions of one call."""
        order = tuple((q.item.name, tuple(option.code for option in q.options)) for q in questions)
        found = self._kept.get(order)
        return self._keep(order, _worded(questions, self._method)) if found is None else found

    def _keep(self, order: Order, worded: Worded) -> Worded:
        size = 4 * len(worded.text) + _PER_OPTION * sum(2 + len(codes) for _, codes in order)
        if self.size + size > self._most:
            self._kept.clear()
            self.size = 0
        if size <= self._most:
            self._kept[order] = worded
            self.size += size
        return worded


def _worded(questions: tuple[Question, ...], method: Method) -> Worded:
    if len(questions) == 1:
        text = question_text(questions[0], method, None)
    else:
        text = "\n\n".join(question_text(question, method, number) for number, question in enumerate(questions, 1))
    return Worded(text, schema_of(questions, method))
