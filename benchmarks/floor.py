"""The floor of an HTTP request: the least that any service doing this job would have to do, as a raw ASGI application.

Read the body, parse it with msgspec into lists of float and those into float64 arrays, estimate and interval by bare
numpy arithmetic for one population, write the answer. No checks, no diagnostics, no framework.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from scipy.special import stdtrit


class Arm(msgspec.Struct):
    human: list[float]
    llm: list[float]
    llm_only: list[float]


class Data(msgspec.Struct):
    arms: list[Arm]


class Body(msgspec.Struct):
    data: Data


DECODE = msgspec.json.Decoder(Body).decode


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
    body = msgspec.json.encode(arithmetic(b"".join(parts))) if parts else b"{}"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def arithmetic(body: bytes) -> dict[str, float]:
    arm = DECODE(body).data.arms[0]
    y, f, only = np.array(arm.human), np.array(arm.llm), np.array(arm.llm_only)
    n, m = y.size, only.size
    dy, df = y - y.mean(), f - f.mean()
    slope = float(df @ dy) / float(df @ df)
    estimate = float(y.mean()) + slope * (float(only.mean()) - float(f.mean())) * m / (n + m)
    residual = dy - slope * df
    variance = float(residual @ residual) / (n * (n - 2)) + slope**2 * float(only.var(ddof=1)) / (n + m)
    error = variance**0.5
    reach = float(stdtrit(n - 2, 0.975)) * error
    return {"estimate": estimate, "standard_error": error, "lower": estimate - reach, "upper": estimate + reach}
