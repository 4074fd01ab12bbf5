"""Studies whose LLM answers are asked whether they may be relied on; the calibration service must run.

    make serve          # in one shell
    python3 examples/diagnostics.py [good | shifted | faulty | unpaired] [URL]

All people and LLM answers are made up by a seeded generator; what is true of them stands beside each study.
"""

from __future__ import annotations

import json
import os
import random
import sys
import urllib.request

SERVICE = os.environ.get("RECTIFIER_URL", "http://localhost:8000")
Arm = dict[str, object]


def good() -> Arm:
    """150 people, an LLM that knows them at about .6, 1,500 personas of the same population."""
    chance = random.Random(1)
    people = [_person(chance) for _ in range(150)]
    return {"human": [y for y, _ in people], "llm": [f for _, f in people], "llm_only": _personas(chance, 0.0)}


def shifted() -> Arm:
    """The same, but the personas answer half a standard deviation higher: they are not of the people's population."""
    return good() | {"llm_only": _personas(random.Random(2), 0.5)}


def faulty() -> Arm:
    """The same, but scales are reversed, and the LLM refuses people who answer high."""
    study, chance = good(), random.Random(3)
    human, llm = study["human"], study["llm"]
    assert isinstance(human, list)
    assert isinstance(llm, list)
    return {
        "human": human,
        "llm": [None if y > 60 and chance.random() < 0.5 else 100 - f for y, f in zip(human, llm, strict=True)],
    }


def unpaired() -> Arm:
    """Other people than the LLM played: no unit has both answers. The LLM always gives half."""
    return {"human": good()["human"], "llm_only": [50] * 30}


def _person(chance: random.Random) -> tuple[int, int]:
    """Answers of a person and of the LLM in their place, 0 to 100."""
    known = chance.gauss(0, 1)
    return _points(0.6 * known + chance.gauss(0, 0.8)), _points(known)


def _personas(chance: random.Random, shift: float) -> list[int]:
    return [_points(shift + chance.gauss(0, 1)) for _ in range(1500)]


def _points(value: float) -> int:
    return round(min(100.0, max(0.0, 50 + 20 * value)))


STUDIES = {study.__name__: study for study in (good, shifted, faulty, unpaired)}


def post(url: str, arm: Arm) -> dict[str, object]:
    """The card of one arm."""
    body = json.dumps({"data": {"layout": "arrays", "arms": [{"name": "all"} | arm]}, "checks": CHECKS}).encode()
    request = urllib.request.Request(f"{url}/v1/diagnostics", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        found: dict[str, object] = json.load(answer)
    return found


CHECKS = ["exchangeability", "randomization", "leakage", "fidelity_marginal", "fidelity_individual"]

if __name__ == "__main__":
    name, url = (*sys.argv[1:], *("good", SERVICE)[len(sys.argv) - 1 :])[:2]
    card = post(url, STUDIES[name]())
    print(f"{card['summary']}: {card['reason']}")
    for check in card["checks"]:
        print(f"\n{check['name']}: {check['status']}\n  {check['statement']}\n  {check['action']}")
