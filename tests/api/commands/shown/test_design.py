from __future__ import annotations

import io
import json

from service.api.commands.shown.design import _bands
from service.api.commands.terminal import show

COSTS = ("--costs", "human=5,llm=0.02", "--budget", "1000")


def test_a_pilots_design_has_bands_a_robust_one_and_what_to_buy_next(rectifier, twins):
    ran = rectifier("design", *twins, *COSTS)
    assert ran.status == 0, ran.err
    for heading in (
        "What each model is worth",
        "What the pilot leaves open (95 %)",
        "The design that is least wrong over the pilot's band",
        "What to buy next, the pilot's units kept",
        "Other budgets",
        "For your methods section",
    ):
        assert f"\n{heading}\n" in ran.out
    assert "LLM answers pay: this design costs" in ran.out


def test_units_that_no_number_of_reaches_the_target_are_without_end():
    out = io.StringIO()
    bands = {"level": 0.95, "standard_error": [0.1, 0.2], "n_human": [192, None], "n_llm_only": [0, 754]}
    show([_bands(bands | {"cost_share": [0.4, 0.7]})], out)
    assert "192 to inf" in out.getvalue()
    assert "0 to 754" in out.getvalue()


def test_what_a_model_is_worth_is_told_as_the_variance_without_it(rectifier):
    ran = rectifier("design", "--ppi-correlation", "0.5", "--costs", "human=1,llm=0.01", "--budget", "1000", "--json")
    (model,) = json.loads(ran.out)["design"]["models"]
    shown = rectifier("design", "--ppi-correlation", "0.5", "--costs", "human=1,llm=0.01", "--budget", "1000").out
    assert "variance without it" in shown
    assert f"+{100 * model['marginal_value']:.3g} %" in shown


def test_a_simulated_design_and_one_that_does_not_pay(rectifier):
    ran = rectifier(
        "design", "--ppi-correlation", "0.01", *COSTS, "--simulate", "--replicates", "200", "--effect", "0.3"
    )
    assert ran.status == 0, ran.err
    assert "drawn 200 times" in ran.out
    assert "LLM answers do not pay" in ran.out


def test_questions_and_sampling_probabilities(rectifier, tmp_path):
    file = tmp_path / "request.json"
    basis = {"kind": "assumed", "ppi_correlation": 0.5}
    prices = {"costs": {"human": 5, "llm": 0.02}, "objective": {"kind": "budget", "budget": 1000}}
    questions = [{"name": name, "basis": basis} for name in ("trust", "vote")]
    file.write_text(json.dumps({"basis": {"kind": "questions", "questions": questions}} | prices))
    assert "vote" in rectifier("design", file).out
    errors = {"kind": "predicted_errors", "predicted_error": [1, 2, 3, 4] * 100}
    file.write_text(json.dumps({"basis": errors} | prices))
    ran = rectifier("design", file)
    assert "humans expected" in ran.out
    assert "sampling.probabilities" in ran.out
