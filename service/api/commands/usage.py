"""What ends a command without an answer: a command line that is not understood, a request that is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.api.commands.requests.document import Document
    from service.web.problems import ProblemError


class UsageError(Exception):
    """An option that cannot be understood, or a file that cannot be read; exit status 2."""


class RefusedError(Exception):
    """What is wrong with the request, or with the file before there is one, and the document its places are in."""

    def __init__(self, problem: ProblemError, document: Document) -> None:
        self.problem, self.document = problem, document
        super().__init__(problem.code)
