"""A trial among people of a panel, and its effect in the whole country; the calibration service must run.

    make serve          # in one shell
    python3 examples/transport.py [margins | rows | impossible] [URL]

400 people of a panel, 30 % women, mean age 40, read one of two texts; an LLM answers for them and for 800 more of the
panel, under both texts. The text moves women by 1.2 points and men by .2, and .03 more for each year above 40: .50 in
the panel and .95 in a country of 60 % women and mean age 45. All of them are made up by a seeded generator.
"""

from __future__ import annotations

import json
import os
import random
import sys
import urllib.error
import urllib.request

SERVICE = os.environ.get("RECTIFIER_URL", "http://localhost:8000")
Request = dict[str, object]
MARGINS = {"sex": {"f": 0.6, "m": 0.4}, "age": 45.0}


def someone(chance: random.Random, women: float, age: float) -> tuple[str, float]:
    """Sex and age of a person."""
    return "f" if chance.random() < women else "m", round(chance.gauss(age, 10), 1)


def trial() -> Request:
    """The panel's answers and the LLM's."""
    chance = random.Random(3)
    rows = []
    for person in range(1200):
        sex, age = someone(chance, 0.3, 40)
        effect = 0.2 + (sex == "f") + 0.03 * (age - 40)
        without = chance.gauss(0, 1) + 0.5 * (sex == "f")
        said = [round(0.7 * (without + arm * effect) + chance.gauss(0, 0.7), 2) for arm in (0, 1)]
        arm = person % 2
        rows.append((sex, age, arm, round(without + arm * effect, 2), said))
    return {
        "layout": "table",
        "prediction_design": "shared",
        "arm": [("old", "new")[arm] if i < 400 else None for i, (_, _, arm, _, _) in enumerate(rows)],
        "outcomes": {"score": [y if i < 400 else None for i, (_, _, _, y, _) in enumerate(rows)]},
        "predictions": [
            {"arm": name, "values": [said[k] for *_, said in rows]} for k, name in enumerate(("old", "new"))
        ],
        "covariates": {"sex": [sex for sex, *_ in rows], "age": [age for _, age, *_ in rows]},
    }


def country() -> Request:
    """Sex and age of 500 people of the country, as another survey has them."""
    chance = random.Random(4)
    people = [someone(chance, 0.6, 45) for _ in range(500)]
    return {"sex": [sex for sex, _ in people], "age": [age for _, age in people]}


TARGETS: dict[str, Request] = {
    "margins": {"margins": MARGINS},
    "rows": {"covariates": country()},
    "impossible": {"margins": MARGINS | {"age": 145.0}},
}


def sent(url: str, target: Request | None) -> Request:
    """The answer, or the problem."""
    body = json.dumps({"data": trial(), "plan": {"control": "old", "target": target}}).encode()
    request = urllib.request.Request(f"{url}/v1/calibrations", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as refused:
        return json.load(refused)


def told(answer: Request) -> str:
    """An answer, or a problem, in a few lines."""
    if "errors" in answer:
        return "\n".join(f"{answer['status']} {e['code']} {e['pointer']}: {e['detail']}" for e in answer["errors"])
    estimate, found = answer["estimates"][0], answer["transport"]
    lower, upper = estimate["interval"]["lower"], estimate["interval"]["upper"]
    lines = [
        f"{estimate['estimate']:.2f} [{lower:.2f}, {upper:.2f}], humans alone {estimate['human_only']['estimate']:.2f}"
    ]
    if found is not None:
        for name, before in found["smd_before"].items():
            lines.append(f"  {name}: SMD {before:+.2f} before, {found['smd_after'][name]:+.2f} after")
        lines.append(f"  Kish n {found['kish_n']:.0f} of 400, overlap {found['overlap']:.2f} ({found['method']})")
        lines.append(f"  the sign stands with weights wrong by a factor of {found['tipping_gamma']:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else "margins"
    url = sys.argv[2] if len(sys.argv) > 2 else SERVICE
    if name == "margins":
        print("panel  ", told(sent(url, None)))
    print("country", told(sent(url, TARGETS[name])))
