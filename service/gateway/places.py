"""Places for work of one kind: so much at the same time, beyond it 503 at once; nobody waits in line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.web.problems import ProblemError


class Places:
    """``most`` places; ``told`` hears how many are taken whenever that changes. One event loop."""

    def __init__(
        self, most: int, what: str, retry_after: int, told: Callable[[int], object] = lambda _taken: None
    ) -> None:
        self._most, self._what, self._retry_after, self._told = most, what, retry_after, told
        self.taken = 0

    def full(self) -> bool:
        """Whether there is none left."""
        return self.taken >= self._most

    def refuse_when_full(self) -> None:
        """ProblemError 503 when there is none left: asked before a body is read that nobody could work on."""
        if self.full():
            headers = {"Retry-After": str(self._retry_after)}
            raise ProblemError(
                "overloaded", f"As many {self._what} as this process takes are under way.", headers=headers
            )

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for as long as it is needed; ProblemError 503 when there is none."""
        self.refuse_when_full()
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def _change(self, by: int) -> None:
        self.taken += by
        self._told(self.taken)
