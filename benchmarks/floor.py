"""Floors of an HTTP request: the least that any service doing this job would have to do, as raw ASGI applications.

Read the body, get float64 arrays out of it, estimate and interval by bare numpy arithmetic for one population, write
the answer. No checks, no framework. ``fastest``: JSON by simdjson into buffers, the fastest parse known.
``lists``: JSON by msgspec into lists of float and those into arrays. ``peers``: the same, and ppi-python's arithmetic.
``copied``: the arrays' own bytes, which cost no more than the copy of the body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from scipy.special import stdtrit
from simdjson import Parser

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]
NAMES = ("human", "llm", "llm_only")


class Arm(msgspec.Struct):
    human: list[float]
    llm: list[float]
    llm_only: list[float]


class Data(msgspec.Struct):
    arms: list[Arm]


class Body(msgspec.Struct):
    data: Data


DECODE = msgspec.json.Decoder(Body).decode


def by_simdjson(body: bytes) -> Arrays:
    arm = Parser().parse(body)["data"]["arms"][0]
    y, f, only = (np.frombuffer(arm[name].as_buffer(of_type="d")) for name in NAMES)
    return y, f, only


def by_msgspec(body: bytes) -> Arrays:
    arm = DECODE(body).data.arms[0]
    return np.array(arm.human), np.array(arm.llm), np.array(arm.llm_only)


def by_copy(body: bytes) -> Arrays:
    """The number of humans as one float64, then the three arrays."""
    numbers = np.frombuffer(body)
    n = int(numbers[0])
    return numbers[1 : n + 1], numbers[n + 1 : 2 * n + 1], numbers[2 * n + 1 :]


def arithmetic(y: np.ndarray, f: np.ndarray, only: np.ndarray) -> dict[str, float]:
    n, m = y.size, only.size
    dy, df = y - y.mean(), f - f.mean()
    slope = float(df @ dy) / float(df @ df)
    estimate = float(y.mean()) + slope * (float(only.mean()) - float(f.mean())) * m / (n + m)
    residual = dy - slope * df
    variance = float(residual @ residual) / (n * (n - 2)) + slope**2 * float(only.var(ddof=1)) / (n + m)
    error = variance**0.5
    reach = float(stdtrit(n - 2, 0.975)) * error
    return {"estimate": estimate, "standard_error": error, "lower": estimate - reach, "upper": estimate + reach}


def by_peers(y: np.ndarray, f: np.ndarray, only: np.ndarray) -> dict[str, float]:
    from ppi_py import ppi_mean_ci

    lower, upper = ppi_mean_ci(y, f, only, alpha=0.05)
    return {"lower": float(lower[0]), "upper": float(upper[0])}


def application(parse: Callable[[bytes], Arrays], estimate: Callable[..., dict[str, float]]) -> Any:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        parts, more = [], scope["method"] == "POST"
        while more:
            message = await receive()
            parts.append(message["body"])
            more = message.get("more_body", False)
        body = msgspec.json.encode(estimate(*parse(b"".join(parts)))) if parts else b"{}"
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


fastest = application(by_simdjson, arithmetic)
lists = application(by_msgspec, arithmetic)
peers = application(by_msgspec, by_peers)
copied = application(by_copy, arithmetic)
