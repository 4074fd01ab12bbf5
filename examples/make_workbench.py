"""Make the example files of the workbench. Truth, stated before any estimate:

twins.csv   the demonstration's study (see make_demo.py) as a file: trust rises by 0.5, the LLM says 1.1.
survey.csv  satisfaction on 0-10 in one population, mean 6.2 before rounding; of two LLMs one tracks people (correlation
            about .6) and is a point too high, the other knows next to nothing of them.
vote.csv    yes (1) or no (0) by arm: 42 % in control, 54 % in treatment; the LLM answers for each person under the
            condition of that row, with the right sign and twice the effect.

Run: python examples/make_workbench.py   (writes service/api/workbench/*.csv)
"""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

API = Path(__file__).parents[1] / "service" / "api"


def main() -> None:
    write("twins.csv", ["arm", "trust", "llm_control", "llm_treatment"], twins())
    write("survey.csv", ["age", "satisfaction", "gpt", "small_llm"], survey(np.random.default_rng(20261122)))
    write("vote.csv", ["condition", "age", "vote", "llm_vote"], vote(np.random.default_rng(20261123)))


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (API / "workbench" / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def twins() -> Iterable[Sequence[object]]:
    data = json.loads((API / "example.json").read_text())["data"]
    columns = [data["arm"], data["outcomes"]["trust"], *(p["values"] for p in data["predictions"])]
    return zip(*columns, strict=True)  # None is written as an empty cell


def survey(rng: np.random.Generator, humans: int = 150, llm_only: int = 900) -> Iterable[Sequence[object]]:
    n = humans + llm_only
    age = rng.integers(18, 85, n)
    person = 0.015 * (age - 50) + rng.normal(0, 1.4, n)
    answer = np.clip(np.rint(6.2 + person + rng.normal(0, 1.2, n)), 0, 10).astype(int)
    gpt = np.round(7.2 + 0.7 * person + rng.normal(0, 0.6, n), 1)
    small = np.round(6.0 + 0.1 * person + rng.normal(0, 1.0, n), 1)
    return [(int(age[i]), int(answer[i]) if i < humans else None, float(gpt[i]), float(small[i])) for i in range(n)]


def vote(rng: np.random.Generator, humans: int = 200, llm_only: int = 800) -> Iterable[Sequence[object]]:
    n = humans + llm_only
    treated = np.concatenate([rng.permutation(np.repeat([0, 1], half // 2)) for half in (humans, llm_only)])
    age = rng.integers(18, 85, n)
    leaning = 0.01 * (age - 50) + rng.normal(0, 0.8, n)
    answer = leaning + 0.8 * rng.normal(size=n) > np.where(treated, -0.1, 0.2)
    llm = leaning + 0.5 * rng.normal(size=n) > np.where(treated, -0.3, 0.4)
    names = ("control", "treatment")
    return [(names[treated[i]], int(age[i]), int(answer[i]) if i < humans else None, int(llm[i])) for i in range(n)]


if __name__ == "__main__":
    main()
