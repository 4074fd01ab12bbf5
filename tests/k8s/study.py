"""A generation of half a minute while the gateway's pods are replaced: `python -m tests.k8s.study http://ADDRESS`.

The run is on one pod; when that pod is stopped, the run goes on in the seconds that the pod has left. Prints the cells
that were answered; fails when the run has not ended with all of them.
"""

from __future__ import annotations

import http.client
import json
import sys
from urllib.parse import urlsplit

LATENCY_MS, PERSONAS = 5_000, 40
STUDY = {
    "personas": [{"unit_id": str(i), "attributes": {"age": i}} for i in range(PERSONAS)],
    "items": [
        {
            "name": "trust",
            "type": "likert",
            "text": "I trust them.",
            "options": [{"code": 1, "label": "No"}, {"code": 2, "label": "Yes"}],
        }
    ],
    "models": [{"name": "simulated", "parameters": {"simulated": {"latency_ms": LATENCY_MS}}}],
    "elicitation": {"method": "decision"},
    "template": {"system": "You are {age}."},
}


def main(address: str) -> int:
    """0 when the run ended complete."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    connection.request("POST", "/v1/generations", json.dumps(STUDY), {"Content-Type": "application/json"})
    response = connection.getresponse()
    lines = [json.loads(line) for line in response.read().splitlines()]
    if response.status != 200:
        print(response.status, lines)
        return 1
    answered = sum(line["type"] == "cell" and line["missing"] is None for line in lines)
    print(f"{answered} of {PERSONAS} cells answered, complete: {lines[-1].get('complete')}")
    return int(answered != PERSONAS or lines[-1].get("complete") is not True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
