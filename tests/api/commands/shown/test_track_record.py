from __future__ import annotations

import random


def record(studies: int) -> str:
    draw = random.Random(5)
    lines = ["name,human,human_se,llm,llm_se", "B,,,0.25,0.01"]
    for i in range(studies):
        effect = draw.gauss(0, 0.3)
        lines.append(f"s{i},{effect / 2 + draw.gauss(0, 0.05):.4f},0.05,{effect:.4f},0.01")
    return "\n".join(lines) + "\n"


def test_both_intervals_and_the_record_are_shown(rectifier, tmp_path):
    file = tmp_path / "r.csv"
    file.write_text(record(60))
    ran = rectifier("track-record", file)
    assert ran.status == 0, ran.err
    assert "B, claim exploratory_with_track_record" in ran.out
    for part in ("by random effects", "conformal over tasks", "(what the LLM says)", "slope of human on LLM effects"):
        assert part in ran.out
    assert "more" not in ran.out.split("The record")[0]


def test_too_few_studies_say_how_many_are_needed(rectifier, tmp_path):
    file = tmp_path / "r.csv"
    file.write_text(record(8))
    assert "the conformal interval needs 57 studies, there are 8: 49 more" in rectifier("track-record", file).out
