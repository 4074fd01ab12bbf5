"""The litestar application of a service: its paths, its life, and nothing that litestar would add by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar
from litestar.plugins import PluginProtocol
from litestar.types import ControllerRouterHandler, ExceptionHandler, LifespanHook, Middleware


class _Bare(Litestar):
    """Bodies are read and answers written by ourselves: plugins for pydantic and attrs cost 0.2 s of a start."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return plugins


def application(
    route_handlers: Sequence[ControllerRouterHandler],
    *,
    middleware: Sequence[Middleware],
    on_startup: Sequence[LifespanHook],
    on_shutdown: Sequence[LifespanHook],
    exception_handlers: Mapping[int | type[Exception], ExceptionHandler[Any]],
) -> Litestar:
    """The application over these paths; it documents, logs and limits nothing by itself."""
    return _Bare(
        route_handlers=route_handlers,
        middleware=middleware,
        on_startup=on_startup,
        on_shutdown=on_shutdown,
        exception_handlers=dict(exception_handlers),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
        debug=False,
    )
