from __future__ import annotations

import json


def test_checks_and_settings_are_asked_for(rectifier, twins):
    said = ("--check", "leakage", "--check", "draws", "--seed", "4", "--test-retest", "trust=0.8")
    dates = ("--model-cutoff", "llm=2025-06-01", "--fieldwork-start", "2026-03-01")
    more = ("--settings", '{"seed": 1, "min_cell": 5}', "--negative-control", "trust", "--models", '{"llm": {}}')
    ran = rectifier("diagnose", *twins, *said, *dates, *more, "--request")
    asked = json.loads(ran.out)
    assert asked["checks"] == ["leakage", "draws"]
    assert asked["models"] == {"llm": {}}
    assert asked["settings"] == {
        "seed": 4,
        "min_cell": 5,
        "test_retest": {"trust": 0.8},
        "model_cutoffs": {"llm": "2025-06-01"},
        "fieldwork_start": "2026-03-01",
        "negative_controls": ["trust"],
    }


def test_without_options_only_data_are_sent(rectifier, twins):
    assert set(json.loads(rectifier("diagnose", *twins, "--request").out)) == {"data"}
