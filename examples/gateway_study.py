"""LLM answers through the gateway, human answers added, a calibrated effect out: both services must run.

    make gateway        # in one shell
    make serve          # in another
    python3 examples/gateway_study.py [gateway URL] [calibration URL]

The people are made up: each answers as the embedded LLM expects, plus what the LLM does not know (standard deviation
0.6), and the letter moves them by 0.5 more than the LLM thinks. Humans are asked under one arm, personas under both.
"""

from __future__ import annotations

import json
import os
import random
import sys
import urllib.request

GATEWAY = os.environ.get("RECTIFIER_GATEWAY_URL", "http://localhost:8001")
SERVICE = os.environ.get("RECTIFIER_URL", "http://localhost:8000")
HUMANS, PERSONAS, UNKNOWN, MORE = 80, 400, 0.6, 0.5
JOBS = ("nurse", "cook", "teacher", "farmer", "clerk")


def study() -> dict[str, object]:
    """The request: 80 people, 400 personas, two arms, one question."""
    arms = ("control", "treatment")
    people = [
        {"unit_id": f"u{k}", "attributes": {"age": 20 + 7 * k % 60, "job": JOBS[k % 5], "town": f"town {k % 37}"}}
        | ({"human": True, "arm": arms[k % 2]} if k < HUMANS else {})
        for k in range(HUMANS + PERSONAS)
    ]
    scale = ("Not at all", "A little", "Somewhat", "Mostly", "Completely")
    return {
        "personas": people,
        "arms": [{"name": "control", "text": "A plain notice."}, {"name": "treatment", "text": "A warm letter."}],
        "items": [
            {
                "name": "trust",
                "type": "likert",
                "text": "How much do you trust the sender?",
                "options": [{"code": code, "label": label} for code, label in enumerate(scale, 1)],
            }
        ],
        "models": [{"name": "simulated"}],
        "elicitation": {"method": "decision", "option_order": "counterbalanced"},
        "template": {"system": "You are {age} years old, work as {job} and live in {town}.", "user": "{arm}\n{item}"},
        "output": "calibration",
    }


def posted(url: str, body: object) -> list[bytes]:
    """The lines of an answer."""
    content = json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return list(reply)


def answered(data: dict[str, object]) -> dict[str, object]:
    """The data with a human answer for every human unit."""
    chance = random.Random(20)
    expected = {column["arm"]: column["values"] for column in data["predictions"]}
    for row, arm in enumerate(data["arm"]):
        if arm is not None:
            surprise = chance.gauss(0.0, UNKNOWN) + (MORE if arm == "treatment" else 0.0)
            data["outcomes"]["trust"][row] = round(expected[arm][row] + surprise, 3)
    return data


def main(gateway: str = GATEWAY, calibration: str = SERVICE) -> None:
    """Run the study and print what it says."""
    *_cells, end = map(json.loads, posted(f"{gateway}/v1/generations", study()))
    print(f"{end['counts']['answered']} cells answered, complete: {end['complete']}")
    plan = {"control": "control", "identification": "exchangeability"}
    (answer,) = posted(f"{calibration}/v1/calibrations", {"plan": plan, "data": answered(end["data"])})
    summary = json.loads(answer)["summary"]
    print(f"calibrated {summary['estimate']:.3f}, 95% interval {summary['lower']:.3f} to {summary['upper']:.3f}")
    print(f"humans only {summary['human_only_estimate']:.3f}, worth {summary['effective_sample_size']:.0f} humans")


if __name__ == "__main__":
    main(*sys.argv[1:])
