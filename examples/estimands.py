"""Studies, each analysed by its own estimand; the calibration service must run.

    make serve          # in one shell
    python3 examples/estimands.py [conjoint | factorial | trial | spending | labels | effect | income] [URL]

All people and LLM answers are made up by a seeded generator; what is true of them stands beside each study.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import urllib.request
from collections.abc import Callable

SERVICE = os.environ.get("RECTIFIER_URL", "http://localhost:8000")
Request = dict[str, object]
LEVELS = {"education": ("none", "school", "college"), "job": ("waiter", "nurse", "doctor"), "sex": ("f", "m")}
WORTH = {"school": 0.3, "college": 0.6, "nurse": 0.2, "doctor": 0.5, "m": 0.1}


def conjoint() -> Request:
    """120 people rate 6 profiles each, 400 personas of an LLM as well; levels are worth ``WORTH`` points."""
    chance = random.Random(11)
    rows = []
    for person in range(520):
        taste = chance.gauss(0, 0.5)
        for _ in range(6):
            profile = {name: chance.choice(levels) for name, levels in LEVELS.items()}
            worth, known = sum(WORTH.get(level, 0.0) for level in profile.values()), chance.gauss(0, 0.6)
            rating = worth + taste + known + chance.gauss(0, 0.8)
            said = 0.5 + 0.9 * worth + known + chance.gauss(0, 0.6)
            rows.append((f"r{person}", profile, rating if person < 120 else None, said))
    return {
        "plan": {
            "estimand": {
                "type": "amce",
                "attributes": list(LEVELS),
                "baselines": {"job": "waiter", "education": "none"},
            }
        },
        "data": {
            "layout": "table",
            "cluster": [row[0] for row in rows],
            "outcomes": {"rating": [row[2] for row in rows]},
            "predictions": [{"model": "gpt", "values": [row[3] for row in rows]}],
            "covariates": {name: [row[1][name] for row in rows] for name in LEVELS},
        },
    }


def factorial() -> Request:
    """240 people and 2,400 personas judge one appeal each: warm or cold, signed by nobody, a friend or an office.

    A warm tone is worth 0.2, a friend 0.3, and 0.6 more when both are true.
    """
    chance = random.Random(16)
    tone, by, support, said = [], [], [], []
    for person in range(2640):
        warm, source = chance.random() < 0.5, chance.choice(("nobody", "friend", "office"))
        worth = 0.2 * warm + 0.3 * (source == "friend") + 0.6 * (warm and source == "friend")
        known = chance.gauss(0, 0.7)
        tone.append("warm" if warm else "cold")
        by.append(source)
        support.append(worth + known + chance.gauss(0, 0.7) if person < 240 else None)
        said.append(1.0 + 0.5 * worth + known + chance.gauss(0, 0.5))
    return {
        "plan": {
            "estimand": {
                "type": "amce",
                "attributes": ["tone", "by"],
                "baselines": {"by": "nobody"},
                "interactions": [["tone", "by"]],
            }
        },
        "data": {
            "layout": "table",
            "cluster": [f"p{person}" for person in range(2640)],
            "outcomes": {"support": support},
            "predictions": [{"model": "gpt", "values": said}],
            "covariates": {"tone": tone, "by": by},
        },
    }


def trial() -> Request:
    """150 people in two arms and 1,500 personas under both: did they sign up? Log odds of the letter: 0.8."""
    chance = random.Random(12)
    arm, age, signed, said = [], [], [], {"control": [], "letter": []}
    for person in range(1650):
        human, years, leaning = person < 150, chance.uniform(18, 80), chance.gauss(0, 0.9)
        mine = ("control", "letter")[person % 2] if human else None
        base = -0.8 + 0.02 * (years - 50)
        for name, values in said.items():
            values.append(1 / (1 + math.exp(-(base + 0.6 * (name == "letter") + 1.2 * leaning))))
        logit = base + 0.8 * (mine == "letter") + leaning
        arm.append(mine)
        age.append(round(years))
        signed.append((1 if chance.random() < 1 / (1 + math.exp(-logit)) else 0) if human else None)
    return {
        "plan": {
            "estimand": {"type": "logistic", "terms": ["age"], "treatment": True},
            "identification": "exchangeability",
        },
        "data": {
            "layout": "table",
            "prediction_design": "shared",
            "arm": arm,
            "outcomes": {"signed_up": signed},
            "predictions": [{"model": "gpt", "arm": name, "values": values} for name, values in said.items()],
            "covariates": {"age": age},
        },
    }


def spending() -> Request:
    """240 people and 1,200 LLM-only units per arm, euros spent, log-normal; the discount adds two fifths everywhere."""
    chance = random.Random(13)
    arm, spent, said = [], [], []
    for unit in range(2880):
        mine, human = ("full price", "discount")[unit % 2], unit < 480
        known = chance.gauss(0, 0.5)
        factor = 1.4 if mine == "discount" else 1.0
        arm.append(mine)
        spent.append(round(20 * factor * math.exp(known + chance.gauss(0, 0.4)), 2) if human else None)
        said.append(round(20 * (1.0 + 0.7 * (factor - 1.0)) * math.exp(known + chance.gauss(0, 0.3)), 2))
    return {
        "plan": {"estimand": {"type": "quantile", "q": [0.25, 0.5, 0.75]}, "control": "full price"},
        "data": {
            "layout": "table",
            "prediction_design": "independent",
            "arm": arm,
            "outcomes": {"euros": spent},
            "predictions": [{"model": "gpt", "values": said}],
        },
    }


def labels() -> Request:
    """3,000 posts labelled by an LLM, some by people too, chosen where it was unsure; hostility by party: 0.10 more."""
    chance = random.Random(14)
    party, label, said, asked = [], [], [], []
    for _ in range(3000):
        right = chance.random() < 0.5
        hostile = chance.random() < 0.25 + 0.10 * right
        score = min(0.99, max(0.01, 0.5 + (0.3 if hostile else -0.3) + 0.08 * right + chance.gauss(0, 0.15)))
        probability = 0.05 + 0.25 * (1 - abs(2 * score - 1))
        human = chance.random() < probability
        party.append(1 if right else 0)
        said.append(score)
        asked.append(probability)
        label.append((1 if hostile else 0) if human else None)
    return {
        "plan": {"estimand": {"type": "linear", "terms": ["party"]}, "estimator": "design_based"},
        "data": {
            "layout": "table",
            "outcomes": {"hostile": label},
            "predictions": [{"model": "gpt", "values": said}],
            "covariates": {"party": party},
            "sampling_probability": asked,
        },
    }


def effect() -> Request:
    """100 people per arm and 800 personas under both, scores in points; the story is worth 0.4 standard deviations."""
    chance = random.Random(15)
    arm, score, said = [], [], {"no story": [], "story": []}
    for person in range(1000):
        human, known = person < 200, chance.gauss(0, 8)
        mine = ("no story", "story")[person % 2] if human else None
        points = 50 + known + chance.gauss(0, 6)
        for name, values in said.items():
            values.append(round(55 + known + 6 * (name == "story") + chance.gauss(0, 4)))
        arm.append(mine)
        score.append(round(points + 4 * (mine == "story")) if human else None)
    return {
        "plan": {
            "estimand": {"type": "plug_in", "statistic": "standardized_mean_difference"},
            "identification": "exchangeability",
        },
        "data": {
            "layout": "table",
            "prediction_design": "shared",
            "arm": arm,
            "outcomes": {"score": score},
            "predictions": [{"model": "gpt", "arm": name, "values": values} for name, values in said.items()],
        },
    }


def income() -> Request:
    """1,500 people rated their lives, 150 told their income too; an LLM guessed all incomes from profiles. r is 0.4."""
    chance = random.Random(16)
    rating, income, said, asked = [], [], [], []
    for person in range(1500):
        wealth = chance.gauss(0, 1)
        rating.append(round(6 + 0.4 * 1.5 * wealth + 1.5 * math.sqrt(0.84) * chance.gauss(0, 1), 1))
        asked.append(person < 150)
        income.append(round(2500 + 700 * wealth) if person < 150 else None)
        said.append(round(3000 + 700 * (0.7 * wealth + 0.7 * chance.gauss(0, 1)), -2))
    return {
        "plan": {"estimand": {"type": "correlation", "with": "income"}},
        "data": {
            "layout": "table",
            "human": asked,
            "outcomes": {"rating": rating},
            "predictions": [{"model": "gpt", "covariate": "income", "values": said}],
            "covariates": {"income": income},
        },
    }


STUDIES: dict[str, Callable[[], Request]] = {
    "conjoint": conjoint,
    "factorial": factorial,
    "trial": trial,
    "spending": spending,
    "labels": labels,
    "effect": effect,
    "income": income,
}


def answer(request: Request, url: str) -> dict[str, object]:
    """The service's answer."""
    sent = urllib.request.Request(f"{url}/v1/calibrations", json.dumps(request).encode())
    sent.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(sent, timeout=60) as reply:
        return json.load(reply)


def shown(found: dict[str, object]) -> str:
    """One line per estimate, calibrated beside human-only, and what was doubted."""
    lines = [f"{'':28} {'calibrated':>24} {'human-only':>24}   worth"]
    for e in found["estimates"]:
        name = ", ".join(part for part in (e["name"], e["component"]) if part not in (None, "all")) or e["outcome"]
        cells = [_cell(result) for result in (e, e["human_only"])]
        lines.append(f"{name:28} {cells[0]:>24} {cells[1]:>24} {e['effective_sample_size']:7.0f}")
    codes = sorted({w["code"] for w in found["warnings"]})
    return "\n".join([*lines, f"{found['claim']}; {', '.join(codes) or 'no warning'}"])


def _cell(result: dict[str, object]) -> str:
    ends = result["interval"]
    return f"{result['estimate']:6.2f} ({ends['lower']:6.2f} to {ends['upper']:6.2f})"


def main() -> None:
    """Send the study that is named, and print what comes back."""
    name, url = (*sys.argv[1:], *("conjoint", SERVICE)[len(sys.argv) - 1 :])
    print(shown(answer(STUDIES[name](), url)))


if __name__ == "__main__":
    main()
