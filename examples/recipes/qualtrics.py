"""What two Web Service tasks of Qualtrics do, played through: one after every response, one on a schedule.

    LAB_URL=http://localhost:3000 LAB_TOKEN=... python3 examples/recipes/qualtrics.py people.csv

The first posts one respondent's fields to the lab's back end; the second asks it for the calibration, within the limits
of a task, and maps JSON paths of the answer to fields. Standard library only.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

LAB = os.environ.get("LAB_URL", "http://localhost:3000")
SECONDS, BYTES = 10, 1_000_000  # of a task: a call that takes longer, or an answer that is larger, fails
FIELDS = {  # the task's output: field of the workflow <- JSON path in the answer
    "effect": "$.summary.estimate",
    "lower": "$.summary.lower",
    "upper": "$.summary.upper",
    "human_only": "$.summary.human_only_estimate",
    "worth": "$.summary.effective_sample_size",
    "verdict": "$.summary.verdict",
    "claim": "$.summary.claim",
}


def call(path, body, **headers):
    """Status, body and seconds of a task's POST."""
    begun = time.monotonic()
    request = Request(LAB + path, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)
    try:
        with urlopen(request, timeout=SECONDS) as reply:
            return reply.status, reply.read(BYTES + 1), time.monotonic() - begun
    except HTTPError as refusal:
        return refusal.code, refusal.read(BYTES + 1), time.monotonic() - begun


def at(path, answer):
    for name in path.split(".")[1:]:
        answer = answer[name]
    return answer


def main(people):
    """Every person's response, then the calibration."""
    told = [call("/responses", {"subject": p["id"], "condition": p["arm"], "trust": float(p["trust"])}) for p in people]
    print(f"{sum(status == 204 for status, *_ in told)} of {len(told)} responses stored")
    status, body, seconds = call("/calibration", {}, Authorization=f"Bearer {os.environ['LAB_TOKEN']}")
    if status != 200:
        sys.exit(f"the task failed with {status} and will be tried again: {body.decode()}")
    print(f"below 1 MB: {len(body) < BYTES}, below 10 seconds: {seconds < SECONDS}")
    answer = json.loads(body)
    for field, path in FIELDS.items():
        value = at(path, answer)
        print(f"{field:11} {path:32} {value if isinstance(value, str) else f'{value:.3f}'}")


if __name__ == "__main__":
    with Path(sys.argv[1]).open(newline="", encoding="utf-8-sig") as file:
        main(list(csv.DictReader(file)))
