from __future__ import annotations

import json
from typing import Any, get_args

from service.api.render.report.calibration import VERDICTS, page
from service.calibration.answer import Verdict
from tests.api.render.answering import AWKWARD, BY_PATH, answer, calibration
from tests.api.render.pages import facts, headings, tables

PATH = "/v1/calibrations"
PEOPLE = [3, 4, 2, 5, 4, 3, 5, 4, 2, 3, 4, 5]


def table(plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A single population with a covariate, some of whose people did not answer."""
    age = [30 + 3 * (k % 7) + k % 2 for k in range(24)]
    data = {"layout": "table", "outcomes": {"y": PEOPLE + [None] * 12}, "covariates": {"age": age}}
    predictions = [{"values": [v + 0.3 * (k % 3) for k, v in enumerate(PEOPLE * 2)]}]
    return answer(PATH, {"data": data | {"predictions": predictions} | more, "plan": plan})


def test_every_verdict_has_a_sentence() -> None:
    assert set(VERDICTS) == set(get_args(Verdict))


def test_the_lead_tells_the_first_estimate() -> None:
    found = page(answer(PATH))
    assert found.lead[0] == "The estimate of treatment - control \u00b7 trust is 0.7027, 95 % interval [0.348, 1.058]."
    assert found.lead[1].startswith("Humans alone say 0.3333, 95 % interval [")
    assert "The LLM alone says 1.101, which is exploratory." in found.lead[1]
    assert len(found.lead) == 3
    assert found.subject == "treatment - control \u00b7 trust"
    assert found.lead[2].endswith("With them, 120 humans are as precise as 222.1 alone.")
    assert found.claim == "confirmatory"
    assert facts(found)["estimator"] == "regression"
    assert facts(found)["contrasts"] == "treatment - control (control \u22121, treatment 1)"


def test_the_level_told_is_that_of_the_interval() -> None:
    """An equivalence test at 95 % confidence has an interval of 90 %."""
    plan = {"identification": "exchangeability", "alternative": "equivalence", "margin": 2}
    study = json.loads(BY_PATH[PATH].examples[0][1])
    found = page(answer(PATH, {"data": study["data"], "plan": plan}))
    assert all("90 % interval" in sentence for sentence in found.lead[:2])
    assert "90 % interval" in facts(found)
    heads = {caption.partition(" ")[0]: [head.text for head in table.heads] for caption, table in tables(found).items()}
    assert "90 % interval" in heads["Calibrated"]
    assert "90 % interval" in heads["Humans"]
    assert "95 % interval" in heads["Arms:"]  # means are not what is tested


def test_of_several_estimates_the_lead_says_that_it_tells_the_first() -> None:
    found = page(calibration(*((f"t{k}", 0.5, 0.1, 0.9) for k in range(12))))
    assert found.lead[-1] == "This is the first of 12 estimates; the others are below."


def test_without_the_llm_nothing_is_promised() -> None:
    whole = answer(PATH)
    whole["summary"]["verdict"] = whole["estimates"][0]["verdict"] = "human_only_chosen"
    whole["estimates"][0]["llm_only"] = None
    found = page(whole)
    assert found.lead[1].startswith("Humans alone say")
    assert "LLM alone" not in found.lead[1]
    assert found.lead[2] == VERDICTS["human_only_chosen"]


def test_costs_bring_the_next_study() -> None:
    assert {"The next study: what to buy", "Beside humans alone", "How sure that is"} <= set(
        headings(page(answer(PATH)))
    )
    unpriced = answer(PATH) | {"design": None, "bands": None}
    assert "The next study: what to buy" not in headings(page(unpriced))


def test_a_target_and_missing_answers_have_sections() -> None:
    moved = page(table({"target": {"margins": {"age": 40}}}))
    assert "Weighted for the target population" in headings(moved)
    assert "Standardised mean differences from the target" in tables(moved)
    asked = page(table({"missing": "response_propensity"}, human=[True] * 16 + [False] * 8))
    assert "People who did not answer" in headings(asked)
    assert "Who was asked, and who answered" in tables(asked)


def test_every_method_is_cited() -> None:
    found = page(answer(PATH))
    cited = next(section for section in found.sections if section.heading == "How to cite")
    assert "Satterthwaite (1946)" in str(cited)


def test_long_names_are_shortened_in_the_lead_only() -> None:
    found = page(calibration((AWKWARD[1], 0.5, 0.1, 0.9)))
    assert len(found.lead[0]) < 250
    assert AWKWARD[1] in str(tables(found).values())
