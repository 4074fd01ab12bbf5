"""Writes the study that all recipes share, once in the shape of every platform. Made up: the true effect is 0.6.

    python3 examples/recipes/make_data.py [folder]

60 people in two arms rated trust from 1 to 7 on a slider with steps of 0.5. Before the study the LLM was asked to be
each of them, and 240 further personas, under both conditions (twins). It gave no answer for four of them.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

ARMS = ("control", "treatment")
OTREE = {
    "participant": "id_in_session code label _is_bot _index_in_pages _max_page_index _current_app_name "
    "_current_page_name time_started_utc visited mturk_worker_id mturk_assignment_id payoff",
    "session": "code label mturk_HITId mturk_HITGroupId comment is_demo config.name config.participation_fee",
    "trust.1.player": "id_in_group role payoff condition trust",
    "trust.1.group": "id_in_subsession",
    "trust.1.subsession": "round_number",
}
LLMR = "config_label user_prompt_label system_prompt_label repetition provider model temperature response_text success"


def slider(value):
    return f"{min(7, max(1, round(2 * value) / 2)):g}"


def units():
    """One row per person or persona: id, arm and trust of people, the LLM's answer under each condition."""
    rng = random.Random(20)
    for number in range(300):
        human = number < 60
        arm = ARMS[number % 2] if human else ""
        mood = rng.gauss(0, 0.9)
        trust = slider(4 + 0.6 * (arm == "treatment") + mood + rng.gauss(0, 0.7)) if human else ""
        twins = [slider(4.2 + 1.1 * d + 0.7 * mood + rng.gauss(0, 0.5)) for d in (0, 1)]
        if number in (17, 44, 120, 230):
            twins[number % 2] = ""
        yield (f"p{number:03}" if human else f"x{number:03}", arm, trust, *twins)


def write(file, rows, **form):
    with file.open("w", newline="", encoding=form.pop("encoding", "utf-8")) as text:
        csv.writer(text, lineterminator=form.pop("end", "\n"), **form).writerows(rows)


def otree(rows):
    """oTree's wide export: a row per participant; people who left have an empty answer."""
    yield [f"{owner}.{name}" for owner, names in OTREE.items() for name in names.split()]
    left = [("p900", "control", ""), ("p901", "", "")]
    for number, (label, arm, trust, *_) in enumerate([*rows, *left]):
        done = bool(trust)
        page = ("trust", "Results") if done else ("trust", "Rating")
        yield [
            *(number + 1, f"{label}code", label, 0, 3 if done else 2, 3, *page, "2026-03-02 09:00:00", 1, "", "", 0),
            *("k3jq8d2w", "", "", "", "", 0, "trust", 0, number + 1, "", 0, arm, trust, 1, 1),
        ]


def edsl(rows):
    """EDSL's to_pandas: a row per agent, scenario and model."""
    answer = ["answer.trust", "iteration.iteration", "model.model", "scenario.condition"]
    yield ["agent.agent_name", "agent.persona", *answer]
    for unit, _, _, *twins in rows:
        for arm, answer in zip(ARMS, twins, strict=True):
            yield [unit, f"persona {unit}", answer, 0, "gpt-4o", arm]


def llmr(rows):
    """LLMR's call_llm_par on build_factorial_experiments: a row per configuration, prompt and repetition."""
    yield [*LLMR.split(), "error_message", "finish_reason"]
    for unit, _, _, *twins in rows:
        for arm, answer in zip(ARMS, twins, strict=True):
            told = (answer, "TRUE", "NA", "stop") if answer else ("NA", "FALSE", "HTTP 429", "error:rate_limit")
            yield ["gpt", arm, unit, 1, "openai", "gpt-4o", 0, *told]


def main(folder):
    rows = list(units())
    people = rows[:60]
    names = ["id", "arm", "trust", "gpt_control", "gpt_treatment"]
    write(folder / "study.csv", [names, *rows])
    write(folder / "people.csv", [names[:3], *(row[:3] for row in people)])
    write(folder / "predictions.csv", [["id", *names[3:]], *((row[0], *row[3:]) for row in rows)])
    commas = [[cell.replace(".", ",") for cell in row] for row in rows]
    write(folder / "spreadsheet.csv", [names, *commas], encoding="utf-8-sig", delimiter=";", end="\r\n")
    write(folder / "otree.csv", otree(people))
    write(folder / "edsl.csv", edsl(rows))
    write(folder / "llmr.csv", llmr(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
