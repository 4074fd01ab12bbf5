from __future__ import annotations

ROWS = "name,llm,llm_se,human,human_se,p_value\nh1,0.5,0.02,,,0.004\nh2,0.3,0.02,0.2,0.14,\nh3,-0.4,0.02,,,\n"


def test_results_and_what_to_take_to_humans_next(rectifier, tmp_path):
    file = tmp_path / "h.csv"
    file.write_text(ROWS)
    said = ("--next", "budget=1500,human_cost=5,outcome_sd=1,n_human_per_hypothesis=200")
    ran = rectifier("screen", file, "--calibration", "slope=0.4,residual_sd=0.15", *said)
    assert ran.status == 0, ran.err
    lines = {line.split()[0]: line for line in ran.out.splitlines() if line.startswith("h")}
    assert "rejected" in lines["h1"]
    assert "not rejected" in lines["h2"]
    assert "To take to humans next" in ran.out
    assert lines["h3"].split()[1] == "200"
    assert "To take to humans next" not in rectifier("screen", file).out
