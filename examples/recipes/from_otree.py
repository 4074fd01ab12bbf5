"""oTree's wide export and the LLM's twins of the same people to a calibrated effect; runs on the admin's side.

    python3 examples/recipes/from_otree.py otree.csv predictions.csv

``rows`` is what csv.DictReader gives for "All apps" of oTree's data page, and what a custom_export could build. Names
of columns are app.round.player.field. Standard library only; oTree need not be installed.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

OUTCOME, ARM = "trust.1.player.trust", "trust.1.player.condition"
ARMS = ("control", "treatment")


def table(rows, predictions):
    """Data of a request: people who answered, then everybody else the LLM was asked to be.

    ``predictions``: {label: {"gpt_control": "4.5", "gpt_treatment": ""}}; an empty cell is a missing answer. Demo
    sessions, bots and people without an answer are left out; nobody counts as an LLM-only unit who was in the study.
    """
    real = [r for r in rows if r["session.is_demo"] != "1" and r["participant._is_bot"] != "1"]
    answered = [r for r in real if r[OUTCOME] != ""]
    people = {r["participant.label"]: r for r in answered}
    if "" in people or len(people) < len(answered):
        raise SystemExit("participants without a label, or with the same one: keep one row of each, with its own")
    unknown = sorted(set(people) - set(predictions))
    if unknown:
        raise SystemExit(f"no prediction for the participants {', '.join(unknown)}")
    started = {r["participant.label"] for r in real}
    units = [*people, *(label for label in predictions if label not in started)]
    twins = {arm: [number(predictions[unit][f"gpt_{arm}"]) for unit in units] for arm in ARMS}
    return {
        "layout": "table",
        "prediction_design": "shared",
        "arm": [people[unit][ARM] if unit in people else None for unit in units],
        "outcomes": {"trust": [float(people[unit][OUTCOME]) if unit in people else None for unit in units]},
        "predictions": [{"model": "gpt", "arm": arm, "values": values} for arm, values in twins.items()],
    }


def number(cell):
    return float(cell) if cell else None


def calibrate(data):
    """The service's answer; a refusal is printed as it came, with reasons and hints."""
    body = json.dumps({"plan": {"identification": "exchangeability", "control": ARMS[0]}, "data": data}).encode()
    url = os.environ.get("RECTIFIER_URL", "http://localhost:8000") + "/v1/calibrations"
    request = Request(url, body, {"Content-Type": "application/json"})
    request.add_unredirected_header("X-API-Key", os.environ.get("RECTIFIER_KEY", ""))
    try:
        with urlopen(request, timeout=60) as reply:
            return json.load(reply)
    except HTTPError as refusal:
        raise SystemExit(f"{refusal}\n{refusal.read().decode()}") from None


def show(answer):
    estimate = answer["estimates"][0]
    lower, upper = estimate["interval"]["lower"], estimate["interval"]["upper"]
    print(f"calibrated {estimate['estimate']:.3f}, 95% interval {lower:.3f} to {upper:.3f} ({answer['claim']})")
    print(f"humans only {estimate['human_only']['estimate']:.3f}, LLM only {estimate['llm_only']['estimate']:.3f}")
    print(f"{estimate['human_sample_size']} people are worth {estimate['effective_sample_size']:.0f}")


def read(path):
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    told = read(sys.argv[2])
    twins = {row["id"]: row for row in told}
    if len(twins) < len(told):
        raise SystemExit(f"an id stands twice in {sys.argv[2]}: keep one row of each")
    show(calibrate(table(read(sys.argv[1]), twins)))
