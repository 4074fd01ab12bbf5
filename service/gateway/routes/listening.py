"""Work for a client that waits for its one answer: given up when the client is gone, so that nothing more is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar.types import Receive

from service.web.body import ClientGoneError

T = TypeVar("T")


async def listened_to(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; ClientGoneError, and the work cancelled, when the client is gone first."""
    working, leaving = asyncio.create_task(work), asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    """Until the client is; its body is read."""
    while (await receive())["type"] != "http.disconnect":
        pass
