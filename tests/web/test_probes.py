from __future__ import annotations

from tests.api.asking import is_problem
from tests.api.standin import service
from tests.web.asgi import ask


def test_probes_have_three_meanings() -> None:
    unstarted = service()
    assert ask(unstarted.asgi, "GET", "/livez").status == 200
    is_problem(ask(unstarted.asgi, "GET", "/startupz"), 503, "not_ready")
    is_problem(ask(unstarted.asgi, "GET", "/readyz"), 503, "not_ready")
    unstarted.lifecycle.start()
    assert ask(unstarted.asgi, "GET", "/startupz").status == ask(unstarted.asgi, "GET", "/readyz").status == 200
    unstarted.lifecycle.drain()
    is_problem(ask(unstarted.asgi, "GET", "/readyz"), 503, "not_ready")
    assert ask(unstarted.asgi, "GET", "/livez").status == 200
