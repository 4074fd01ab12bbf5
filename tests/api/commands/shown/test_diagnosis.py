from __future__ import annotations

import io

from service.api.commands.shown.diagnosis import shown
from service.api.commands.terminal import show


def test_measures_stand_where_something_is_wrong_and_alike_checks_together(rectifier, twins):
    ran = rectifier("diagnose", *twins)
    assert ran.status == 0, ran.err
    assert ran.out.startswith("use_with_care: ")
    assert "\nwarn fidelity_marginal (trust, llm, control)\n" in ran.out
    assert "    dispersion_ratio 0.5837, 95 % interval" in ran.out
    assert "not_testable draws (trust, llm, control; trust, llm, treatment)" in ran.out
    assert "exact_match_rate" not in ran.out
    assert ran.out.index("\nwarn ") < ran.out.index("\nnot_testable ") < ran.out.index("\npass ")


def test_models_are_ranked(rectifier):
    columns = ("--outcome", "satisfaction", "--prediction", "gpt=gpt", "--prediction", "small=small_llm")
    ran = rectifier("diagnose", "service/api/workbench/survey.csv", *columns, "--check", "leakage")
    assert "Models, best first" in ran.out


def test_a_model_without_fidelity_is_shown():
    model = {"outcome": "y", "rank": 1, "model": "m", "variance_ratio": 0.5, "p_value": None}
    model["interval"] = {"level": 0.9, "lower": None, "upper": None}
    end = {"warnings": [], "passport": {"report": ""}}
    out = io.StringIO()
    show(shown({"summary": "use", "reason": "r", "checks": [], "models": [model | {"fidelity": None}], **end}), out)
    assert out.getvalue().splitlines()[-1].split() == ["y", "1", "m", "0.5000", "-inf", "to", "inf", "-", "-"]
    assert "90 % interval" in out.getvalue()
