"""Studies for a served gateway, and its streams as records."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

Record = dict[str, Any]

TRUST = {
    "name": "trust",
    "type": "likert",
    "text": "I trust the sender.",
    "options": [{"code": k, "label": f"level {k}"} for k in range(1, 6)],
}
COLOUR = {
    "name": "colour",
    "type": "choice",
    "text": "Which colour?",
    "options": [{"code": "r", "label": "Red"}, {"code": "b", "label": "Blue"}, {"code": "g", "label": "Green"}],
}
ARMS = [{"name": "control", "text": "A plain notice."}, {"name": "treatment", "text": "A warm letter."}]
UNIT, PERSON = "unit-canary", "persona-canary"
"""Words in unit ids and in attributes, to be looked for where they must not be."""


def personas(count: int) -> list[Record]:
    """Personas that differ, each of an arm, every other one with a human answer to come."""
    return [
        {
            "unit_id": f"{UNIT}-{k}",
            "attributes": {"age": 20 + k % 50, "job": f"{PERSON} {k}"},
            "arm": ARMS[k // 2 % 2]["name"],
            "human": k % 2 == 0,
        }
        for k in range(count)
    ]


def study(count: int, *models: str | Record, method: str = "sample", **changes: Any) -> Record:
    """A request: so many personas under two arms asked one item; models by their provider's name."""
    whole = {
        "personas": personas(count),
        "arms": ARMS,
        "items": [TRUST],
        "models": [{"name": m, "provider": m, "model": "some-model"} if isinstance(m, str) else m for m in models],
        "elicitation": {"method": method},
        "template": {"system": "You are {age} years old and work as {job}.", "user": "{arm}\n{item}"},
        "seed": 7,
    }
    return whole | changes


@contextmanager
def streaming(server: Any, body: Record, **headers: str) -> Iterator[http.client.HTTPResponse]:
    """The response of a run that has begun, to be read line by line; the end of the block closes the connection."""
    given = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    with closing(http.client.HTTPConnection(server.host, server.port, timeout=60)) as connection:
        connection.request("POST", "/v1/generations", json.dumps(body), given)
        with connection.getresponse() as response:
            assert response.status == 200, response.read()
            yield response


def generate(server: Any, body: Record, **headers: str) -> list[Record]:
    """Every record of a run; the last is its end."""
    with streaming(server, body, **headers) as response:
        records = [json.loads(line) for line in response]
    assert records[-1]["type"] == "end"
    return records


def cells(records: list[Record]) -> list[Record]:
    """The cells among the records."""
    return [record for record in records if record["type"] == "cell"]


def places(records: list[Record]) -> Counter[tuple[Any, ...]]:
    """How often each place of the design has a cell."""
    return Counter((c["unit_id"], c["arm"], c["item"], c["model"], c["replicate"]) for c in cells(records))


def planned(body: Record) -> Counter[tuple[Any, ...]]:
    """Every place of a design, once."""
    assigned = body.get("assignment") == "assigned"
    return Counter(
        (person["unit_id"], arm["name"], item["name"], model["name"], replicate)
        for person in body["personas"]
        for arm in body["arms"]
        if not assigned or arm["name"] == person["arm"]
        for item in body["items"]
        for model in body["models"]
        for replicate in range(body["elicitation"].get("replicates", 1))
    )


def fetched(server: Any, path: str, body: object = None, **headers: str) -> tuple[int, str]:
    """Status and body of a request, an error's too."""
    data = None if body is None else json.dumps(body).encode()
    given = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    request = urllib.request.Request(f"http://{server.host}:{server.port}{path}", data, given)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
