from __future__ import annotations

from dataclasses import replace

from service.calibration.designs.design import design
from service.calibration.designs.groups import Costs
from service.calibration.designs.objective import Objective
from service.calibration.designs.report import paragraph, premises
from tests.calibration.designs.pilots import basis, single

FOUND = design(basis(single(40, (0.6,)), llm_only=100), Costs(5.0, (0.1,)), Objective("budget", 500.0))


def test_the_paragraph_has_the_designs_own_numbers() -> None:
    plan, alone, bands = FOUND.design, FOUND.human_only, FOUND.bands
    assert alone.standard_error is not None
    assert bands is not None
    said = paragraph(FOUND, "pilot", "budget")
    assert said.startswith("The design was chosen for the smallest standard error that the budget buys from a pilot: ")
    for part in (
        f"{plan.n_human:.0f} human respondents and {plan.n_llm_only:.0f} LLM-only units at a cost of {plan.cost:.4g}",
        f"standard error of {plan.standard_error:.4g} and an effective sample size of {plan.effective_sample_size:.4g}",
        f"LLM answers come from {plan.models[0].name} ({plan.models[0].n:.0f} answers).",
        f"Humans alone would be {alone.n_human:.0f}, with a standard error of {alone.standard_error:.4g}.",
        f"band of the standard error of {bands.standard_error[0]:.4g} to {bands.standard_error[1]:.4g}.",
    ):
        assert part in said
    assert "power" not in said


def test_what_is_not_known_is_not_said() -> None:
    model = replace(FOUND.design.models[0], n=0.0)
    none = replace(FOUND.design, n_llm_only=0.0, models=(model,), power=0.81)
    bare = replace(FOUND, design=none, bands=None, human_only=replace(FOUND.human_only, n_human=None))
    said = paragraph(bare, "assumed", "power")
    assert said.endswith("Its power is 0.81. No LLM answers are bought.")
    assert premises(bare, "assumed") == premises(FOUND, "assumed")[:1]


def test_a_design_with_llm_only_units_presumes_exchangeability() -> None:
    assert [name for name, _ in premises(FOUND, "pilot")] == ["study_like_its_data", "exchangeability"]
    assert premises(FOUND, "assumed")[0][0] == "stated_quantities"
