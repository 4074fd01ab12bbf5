from __future__ import annotations

import json
import random


def written(tmp_path):
    """A study with subgroups, two models, a covariate and missing answers."""
    draw = random.Random(3)
    rows = ["y,asked,sex,age,gpt,small"]
    for i in range(240):
        person, answered = draw.gauss(0, 1), i < 100
        answer = f"{3 + person + draw.gauss(0, 0.5):.3f}" if answered and draw.random() < 0.8 else ""
        sex, age = draw.choice("fm"), draw.randint(18, 80)
        rows.append(f"{answer},{answered},{sex},{age},{3.2 + person:.3f},{3 + person + draw.gauss(0, 1):.3f}")
    file = tmp_path / "study.csv"
    file.write_text("\n".join(rows) + "\n")
    return [file, "--outcome", "y", "--human", "asked", "--prediction", "gpt=gpt", "--prediction", "small=small"]


def test_several_estimates_models_and_other_estimators(rectifier, tmp_path):
    said = ("--missing", "drop_unit", "--subgroup", "sex", "--compare", "--multiplicity", "holm")
    ran = rectifier("calibrate", *written(tmp_path), *said)
    assert ran.status == 0, ran.err
    for part in ("y: all", "y: f: all", "y: m: all", "  gpt ", "  small ", "by human_only", "p adjusted"):
        assert part in ran.out
    assert "Do subgroups differ?" in ran.out
    assert "Warnings" in ran.out


def test_an_interval_is_called_by_its_own_level(rectifier, twins):
    """That of an equivalence test is not the confidence level, that of an arm's mean is."""
    said = ("--identification", "exchangeability", "--alternative", "equivalence", "--margin", "2")
    first, *_, arms = [line for line in rectifier("calibrate", *twins, *said).out.splitlines() if "interval  " in line]
    assert "90 % interval" in first
    assert "95 % interval" in arms


def test_who_did_not_answer_and_a_target_population(rectifier, tmp_path):
    file = written(tmp_path)
    missing = rectifier("calibrate", *file, "--missing", "response_propensity", "--covariate", "age")
    assert "Who did not answer" in missing.out
    plan = json.dumps({"target": {"margins": {"age": 45}}, "missing": "drop_unit"})
    moved = rectifier("calibrate", *file, "--covariate", "age", "--plan", plan)
    assert "Weighted for the target population" in moved.out
    assert "weights may be wrong by a factor of" in moved.out


def test_the_next_study_is_shown_with_costs(rectifier, twins):
    ran = rectifier(
        "calibrate", *twins, "--identification", "exchangeability", "--costs", "human=5,llm=0.02,budget=1000"
    )
    assert "The next study\nunits   ask" in ran.out
    assert "of what humans alone cost for as much" in ran.out


def test_human_only_has_no_llm_line(rectifier, twins):
    ran = rectifier("calibrate", *twins[:5], "--estimator", "human_only", "--prediction-design", "shared")
    assert ran.status == 0, ran.err
    assert "LLM only" not in ran.out
