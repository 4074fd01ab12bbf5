"""Three probes, three meanings: startup (it computes right), liveness (the loop answers), readiness (send it work)."""

from __future__ import annotations

from collections.abc import Callable

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from service.web.access.guard import OPEN
from service.web.problems import ProblemError


class Lifecycle:
    """Whether the process has proved that it computes right, and whether it is being stopped.

    ``closing`` is told, on the event loop, how many seconds are left to what is under way when the process stops.
    """

    def __init__(
        self,
        prove: Callable[[], None],
        *,
        busy: Callable[[], bool] = lambda: False,
        closing: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._prove, self._busy, self.closing = prove, busy, closing
        self.started = self.draining = False

    def start(self) -> None:
        """Run the proof (a known answer computed right); an exception of it stops the start."""
        self._prove()
        self.started = True

    def drain(self) -> None:
        """From now on not ready."""
        self.draining = True

    def ready(self) -> bool:
        """Started, not draining, and not over the high mark of its queue."""
        return self.started and not self.draining and not self._busy()


def probe_handlers(lifecycle: Lifecycle) -> list[HTTPRouteHandler]:
    """The handlers of /livez, /readyz and /startupz."""

    @get("/livez", opt=OPEN, sync_to_thread=False)
    def livez() -> Response[bytes]:
        return _answer(good=True)

    @get("/readyz", opt=OPEN, sync_to_thread=False)
    def readyz() -> Response[bytes]:
        return _answer(good=lifecycle.ready())

    @get("/startupz", opt=OPEN, sync_to_thread=False)
    def startupz() -> Response[bytes]:
        return _answer(good=lifecycle.started)

    return [livez, readyz, startupz]


def _answer(*, good: bool) -> Response[bytes]:
    if not good:
        raise ProblemError("not_ready", "The service is starting, stopping or full.", headers={"Retry-After": "1"})
    return Response(b'{"status":"ok"}', media_type="application/json", headers={"Cache-Control": "no-store"})
