"""What the parsing process does: one body decoded after the other, until the service closes the socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec

from service.api.limits import Limits
from service.api.parsing import shipping
from service.api.parsing.errand import (
    ERRANDS,
    MESSAGE_BYTES,
    Errand,
    Reply,
    content_of,
    memory_file,
    refusal,
)
from service.api.reading.media import Reader, readers
from service.api.reading.whole import decoded
from service.api.routes.computation import Computation
from service.web.failure import where
from service.web.problems import ProblemError


def serve(service: socket.socket, computations: Any, limits: Limits) -> None:  # noqa: ANN401 - Computation of any kinds
    """Answer errands until the other side is gone."""
    with suppress(BrokenPipeError, ConnectionResetError):
        _serve(service, computations, limits)


def _serve(service: socket.socket, computations: Any, limits: Limits) -> None:  # noqa: ANN401 - as above
    by_path = {c.path: c for c in computations}

    @cache
    def takes(path: str) -> Mapping[str, Reader[Any]]:
        return _readers(by_path[path], limits)

    for first in computations[:1]:  # large bodies are nearly always calibrations; the rest is opened when it comes
        takes(first.path)
    service.send(msgspec.msgpack.encode(Reply(0)))
    while True:
        message, descriptors, _, _ = socket.recv_fds(service, MESSAGE_BYTES, 1)
        if not message:
            return
        reply, fd = answered(ERRANDS.decode(message), descriptors[0], takes, limits)
        socket.send_fds(service, [msgspec.msgpack.encode(reply)], [fd])
        os.close(fd)


def answered(
    errand: Errand, body: int, takes: Callable[[str], Mapping[str, Reader[Any]]], limits: Limits
) -> tuple[Reply, int]:
    """The reply, and the memory file it speaks of. The body's file is closed as soon as it is read."""
    fd = memory_file()
    try:
        content = content_of(body)
        os.close(body)
        reader = takes(errand.path)[errand.media_type]
        wire, digest = decoded(reader, content, errand.encoding, errand.parameters, limits)
        del content
        at, size = shipping.write(wire, fd, limits.max_names)
        return Reply(errand.number, at, size, digest), fd
    except ProblemError as problem:
        document = msgspec.msgpack.encode(refusal(problem))
        os.truncate(fd, 0)
        os.pwrite(fd, document, 0)
        return Reply(errand.number, 0, len(document), refused=True), fd
    except Exception as error:  # noqa: BLE001 - told by class and place, without its message, which may quote a value
        return Reply(errand.number, failure=where(error)), fd


def _readers(computation: Computation[Any, Any], limits: Limits) -> Mapping[str, Reader[Any]]:
    return readers(computation.steps().request, computation.promised, limits.max_values, tabular=computation.tabular)
