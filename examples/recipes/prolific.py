"""How many more people to recruit on Prolific (and personas to ask the LLM for) so that the study finds its effect.

    python3 examples/recipes/prolific.py study.csv --reward 2.10 --fee 0.33 --llm 0.01 --effect 0.4

The rows collected so far are the pilot. ``--fee`` is the platform's fee as a share of the reward. Prolific's page asks
for the places to add, its API for the new total: both are printed. ``--places`` is what the study has now, if that is
not the number of people in the file. Standard library only.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ARMS = ("control", "treatment")


def column(rows, name):
    return [float(row[name]) if row[name] else None for row in rows]


def request(rows, given):
    """Body of /v1/designs: what the pilot and the prices say about the least cost of the power that is asked for."""
    data = {
        "layout": "table",
        "prediction_design": "shared",
        "arm": [row["arm"] or None for row in rows],
        "outcomes": {"trust": column(rows, "trust")},
        "predictions": [{"model": "gpt", "arm": arm, "values": column(rows, f"gpt_{arm}")} for arm in ARMS],
    }
    return {
        "basis": {"kind": "pilot", "data": data},
        "costs": {"human": round(given.reward * (1 + given.fee), 2), "llm": given.llm},
        "objective": {"kind": "power"},
        "effect": given.effect,
        "power": given.power,
    }


def post(body):
    """The service's answer; a refusal is printed as it came, with reasons and hints."""
    url = os.environ.get("RECTIFIER_URL", "http://localhost:8000") + "/v1/designs"
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    request.add_unredirected_header("X-API-Key", os.environ.get("RECTIFIER_KEY", ""))
    try:
        with urlopen(request, timeout=60) as reply:
            return json.load(reply)
    except HTTPError as refusal:
        raise SystemExit(f"{refusal}\n{refusal.read().decode()}") from None


def show(answer, people, places):
    """The top-up by arm, its price, and what Prolific has to be told."""
    more, band = answer["top_up"], answer["bands"]["n_human"]
    print(f"{people} people so far, standard error {more['standard_error_before']:.3f}")
    for group in more["groups"]:
        who = f"people in {group['arm']}" if group["human"] else "personas"
        print(f"buy {group['n']} more {who} at {group['unit_cost']:.2f}")
    print(f"cost {more['cost']:.2f}, standard error then {more['standard_error']:.3f}")
    print(f"a pilot of {people} leaves the total open: {band[0]} to {band[1]} people")
    print(f"humans alone would take {answer['human_only']['n_human']} people")
    print(f"Prolific, Increase places: {more['n_human']}")
    print(f"Prolific's API: {json.dumps({'total_available_places': places + more['n_human']})}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    for name, default in {"reward": 2.10, "fee": 0.33, "llm": 0.01, "effect": 0.4, "power": 0.8}.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    parser.add_argument("--places", type=int)
    given = parser.parse_args()
    with given.file.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    people = sum(row["trust"] != "" for row in rows)
    show(post(request(rows, given)), people, given.places or people)
