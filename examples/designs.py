"""Designs beyond a single study: questions under one budget, unequal sampling probabilities, a simulated self-check.

    python3 examples/designs.py questions|sample|active|check [http://localhost:8000]

Standard library only. ``active`` makes up a frame of people, asks the service whom to ask, asks them, and sends the
answers back to be calibrated; its truth is known, so that the interval can be looked at.
"""

from __future__ import annotations

import json
import os
import random
import sys
from typing import Any
from urllib.request import Request, urlopen

SERVICE = os.environ.get("RECTIFIER_URL", "http://localhost:8000")


def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The service's answer to a request."""
    request = Request(SERVICE + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request) as reply:
        return json.load(reply)


def outcome(name: str, rho: float, weight: float = 1.0) -> dict[str, Any]:
    """A question whose answers have unit spread and follow the LLM with correlation rho."""
    return {"name": name, "weight": weight, "basis": {"kind": "assumed", "ppi_correlation": rho}}


def of_questions(sample: str) -> dict[str, Any]:
    """Three questions for 3,000: on separate samples, or all of them asked of everybody."""
    asked = [outcome("trust", 0.7), outcome("vote", 0.3), outcome("income", 0.9, weight=2)]
    return post(
        "/v1/designs",
        {
            "basis": {"kind": "questions", "questions": asked, "sample": sample, "minimise": "weighted_sum"},
            "costs": {"human": 5, "llm": 0.02},
            "objective": {"kind": "budget", "budget": 3000},
        },
    )["questions"]


def questions() -> None:
    """Humans over three questions, against the same money for each."""
    found = of_questions("separate")
    for one in found["questions"]:
        print(
            f"{one['name']:7} {one['n_human']:4} humans  {one['n_llm_only']:6} LLM-only  {one['share']:.1%} of cost"
            f"  SE {one['standard_error']:.4f}  (even split {one['standard_error_even']:.4f})"
        )
    print(f"weighted variance {found['value']:.6f}, even split {found['value_even']:.6f}")


def sample() -> None:
    """The same three questions, all asked of the same people."""
    found = of_questions("same")
    for group in found["groups"]:
        who = "humans" if group["human"] else "LLM-only units"
        print(f"{group['n']:5} {who} at {group['unit_cost']:.2f}, models {group['models']}")
    for one in found["questions"]:
        print(
            f"{one['name']:7} SE {one['standard_error']:.4f}  effective sample size {one['effective_sample_size']:.0f}"
        )


def active() -> None:
    """Whom to ask of 1,200 people whose answers an LLM predicts well for most, badly for some; then the estimate."""
    rng = random.Random(11)
    people = range(1200)
    predicted = [rng.gauss(0, 1) for _ in people]
    error = [1.5 if rng.random() < 0.2 else 0.3 for _ in people]
    spread = (1 + sum(e * e for e in error) / len(error)) ** 0.5
    asked = post(
        "/v1/designs",
        {
            "basis": {"kind": "predicted_errors", "predicted_error": error, "outcome_sd": spread, "uniform_share": 0.1},
            "costs": {"human": 5, "llm": 0},
            "objective": {"kind": "budget", "budget": 1500},
        },
    )["sampling"]
    print(f"{asked['n_expected']:.0f} humans expected, smallest probability {asked['smallest_probability']:.3f}")
    print(f"SE {asked['standard_error']:.4f}, uniform sampling {asked['standard_error_uniform']:.4f}")
    print(f"uniform sampling needs {asked['n_uniform']:.0f} humans for as much")

    chance = asked["probabilities"]
    human = [rng.random() < p for p in chance]
    answers = [predicted[i] + rng.gauss(0, error[i]) if human[i] else None for i in people]
    answer = post(
        "/v1/calibrations",
        {
            "data": {
                "layout": "table",
                "outcomes": {"trust": answers},
                "predictions": [{"values": predicted}],
                "sampling_probability": [p if asked_of else None for p, asked_of in zip(chance, human, strict=True)],
            }
        },
    )
    found, applied = answer["estimates"][0], answer["applied"]
    interval = found["interval"]
    print(f"{sum(human)} came; identification {applied['identification']}, claim {found['claim']}")
    print(f"mean {found['estimate']:.3f}, SE {found['standard_error']:.4f}", end="")
    print(f", 95 % interval {interval['lower']:.3f} to {interval['upper']:.3f}; the truth is 0")


def check() -> None:
    """The planned study of two arms, drawn and analysed 400 times."""
    found = post(
        "/v1/designs",
        {
            "basis": {"kind": "assumed", "ppi_correlation": 0.7, "arm_correlation": 0.5},
            "arms": ["control", "treatment"],
            "prediction_design": "shared",
            "costs": {"human": 5, "llm": 0.02},
            "objective": {"kind": "power"},
            "effect": 0.25,
            "power": 0.8,
            "simulate": True,
            "replicates": 400,
        },
    )
    design, simulated = found["design"], found["simulation"]
    one = simulated["contrasts"][0]
    print(f"{design['n_human']} humans, {design['n_llm_only']} LLM-only units, SE {design['standard_error']:.4f}")
    print(
        f"{one['name']}, {simulated['replicates']} studies: power {one['power']:.3f} +- {one['power_error']:.3f}",
        end="",
    )
    print(f" (planned {one['analytic_power']:.3f}), coverage {one['coverage']:.3f} +- {one['coverage_error']:.3f}")


EXAMPLES = {"questions": questions, "sample": sample, "active": active, "check": check}

if __name__ == "__main__":
    SERVICE = sys.argv[2] if len(sys.argv) > 2 else SERVICE
    EXAMPLES[sys.argv[1]]()
