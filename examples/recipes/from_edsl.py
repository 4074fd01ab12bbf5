"""EDSL results (Expected Parrot) and people's answers to a calibrated effect.

    python3 examples/recipes/from_edsl.py edsl.csv people.csv

``results.select("agent.*", "answer.*", "iteration.*", "model.model", "scenario.*").to_csv("edsl.csv")`` writes the
file; the rows of ``to_pandas().to_dict("records")`` and ``rows_of(results.to_dict())`` do as well. The agent's name is
the person's id. Standard library only; EDSL need not be installed.
"""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ANSWER, CONDITION, CONTROL = "answer.trust", "scenario.condition", "control"


def rows_of(results):
    """results.to_dict() as rows with the column names of to_pandas()."""
    for result in results["data"]:
        yield {
            "agent.agent_name": result["agent"]["name"],
            "model.model": result["model"]["model"],
            "iteration.iteration": result["iteration"],
            **{f"scenario.{name}": value for name, value in result["scenario"].items()},
            **{f"answer.{name}": value for name, value in result["answer"].items()},
        }


def table(rows, people):
    """Data of a request: a prediction column per model, condition and iteration; the iterations are repeated draws."""
    columns = {}
    for row in rows:
        key = (row["model.model"], row[CONDITION], int(row["iteration.iteration"]))
        column, name = columns.setdefault(key, {}), row["agent.agent_name"]
        if name in column:
            raise SystemExit(f"{name} answered twice as {key}: model, condition and iteration must tell answers apart")
        column[name] = number(row[ANSWER])
    agents = {name for column in columns.values() for name in column}
    if unknown := sorted(set(people) - agents):
        raise SystemExit(f"no agent is named {', '.join(unknown)}")
    units = [*people, *sorted(agents - set(people))]
    answered = [people.get(unit) for unit in units]
    return {
        "layout": "table",
        "prediction_design": "shared",
        "arm": [row["arm"] if row else None for row in answered],
        "outcomes": {"trust": [number(row["trust"]) if row else None for row in answered]},
        "predictions": [
            {"model": model, "arm": arm, "draw": draw, "values": [column.get(unit) for unit in units]}
            for (model, arm, draw), column in columns.items()
        ],
    }


def number(value):
    """An answer as a number; what the LLM did not answer (None, NaN, an empty cell) is missing."""
    return None if value in (None, "") or math.isnan(float(value)) else float(value)


def calibrate(data):
    """The service's answer; a refusal is printed as it came, with reasons and hints."""
    body = json.dumps({"plan": {"identification": "exchangeability", "control": CONTROL}, "data": data}).encode()
    url = os.environ.get("RECTIFIER_URL", "http://localhost:8000") + "/v1/calibrations"
    request = Request(url, body, {"Content-Type": "application/json"})
    request.add_unredirected_header("X-API-Key", os.environ.get("RECTIFIER_KEY", ""))
    try:
        with urlopen(request, timeout=60) as reply:
            return json.load(reply)
    except HTTPError as refusal:
        raise SystemExit(f"{refusal}\n{refusal.read().decode()}") from None


def read(path):
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    answers = read(sys.argv[2])
    people = {row["id"]: row for row in answers}
    if len(people) < len(answers):
        raise SystemExit(f"an id stands twice in {sys.argv[2]}: keep one row of each person")
    data = table(read(sys.argv[1]), people)
    for column in data["predictions"]:
        told = [value for value in column["values"] if value is not None]
        who = f"{column['model']} as {column['arm']}, draw {column['draw']}"
        print(f"{who}: {len(told)} of {len(column['values'])} answered")
    summary = calibrate(data)["summary"]
    print(f"calibrated {summary['estimate']:.3f}, 95% interval {summary['lower']:.3f} to {summary['upper']:.3f}")
    print(f"humans only {summary['human_only_estimate']:.3f}, {summary['verdict']}, {summary['claim']}")
