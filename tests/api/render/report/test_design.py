from __future__ import annotations

from service.api.render.report.design import page
from tests.api.render.answering import ERRORS, QUESTIONS, answer, design
from tests.api.render.pages import column, facts, headings, tables

ASSUMED = {"kind": "assumed", "ppi_correlation": 0.6}


def test_a_design_says_what_to_buy_and_for_other_budgets() -> None:
    found = page(answer("/v1/designs"))
    assert found.lead[0].startswith("Ask 175 humans and buy LLM answers for 1,905 units")
    assert found.lead[1] == "Humans alone would cost 1.203 times as much for the same precision."
    assert {"What to buy", "Beside humans alone", "For other budgets"} <= set(headings(found))
    assert len(tables(found)["What each budget buys"].rows) == 13


def test_where_llm_answers_do_not_pay_it_says_so() -> None:
    found = page(design({"kind": "assumed", "ppi_correlation": 0.05}, costs={"human": 1, "llm": 1}))
    assert "do not pay" in found.lead[1]


def test_questions_and_sampling_have_their_own_parts() -> None:
    questions = page(design(QUESTIONS))
    assert column(tables(questions)["Each question's part"], "question") == ["trust", "vote"]
    assert facts(questions)["answered by"] == "a sample each"
    sampling = page(design(ERRORS))
    assert "Whom to ask" in headings(sampling)
    assert sampling.lead[0].startswith("Of 60 units, about ")
    assert questions.figure_caption != sampling.figure_caption


def test_a_simulation_and_a_top_up_are_told() -> None:
    simulated = page(design(ASSUMED, simulate=True, effect=0.2))
    assert "The plan, simulated" in headings(simulated)
    whole = answer("/v1/designs")
    alone = {"n_human": 5, "n_llm_only": 7, "cost": 30.0, "standard_error_before": 0.2, "standard_error": 0.1}
    whole["top_up"] = alone | {"standard_error_proportional": 0.15, "groups": whole["design"]["groups"][:1]}
    assert facts(page(whole))["humans to add"] == "5"
