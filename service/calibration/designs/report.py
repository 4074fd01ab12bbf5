"""What a design rests on, and the paragraph about it for a methods section, from the design's own numbers.

**Shapes** one paragraph; a name and a statement per premise.
**Units** counts in units, money in the request's currency, standard errors in outcome units.
**Assumes** nothing.
**Breaks** nothing.
**Raises** nothing.
**Source** none; the words are ours.
**Differs** in nothing.
"""

from __future__ import annotations

from service.calibration.designs.answer import DesignAnswer

AIMS = {
    "budget": "for the smallest standard error that the budget buys",
    "standard_error": "for the least cost of a standard error",
    "effective_sample_size": "for the least cost of an effective sample size",
    "interval_width": "for the least cost of an interval's width",
    "power": "for the least cost of the power to find an effect",
    "equivalence": "for the least cost of the power to show equivalence",
}
BASES = {"assumed": "stated quantities", "moments": "the moments of earlier data", "pilot": "a pilot"}


def paragraph(found: DesignAnswer, basis: str, objective: str) -> str:
    """How many humans and LLM-only units were planned, why, from what, and against what alternative."""
    design, alone = found.design, found.human_only
    opening = (
        f"The design was chosen {AIMS.get(objective, objective)} from {BASES.get(basis, basis)}: "
        f"{design.n_human:.0f} human respondents and {design.n_llm_only:.0f} LLM-only units at a cost of "
        f"{design.cost:.4g}, with an expected standard error of {design.standard_error:.4g} and an effective sample "
        f"size of {design.effective_sample_size:.4g}."
    )
    sentences = [opening]
    if design.power is not None:
        sentences.append(f"Its power is {design.power:.4g}.")
    bought = [f"{model.name} ({model.n:.0f} answers)" for model in design.models if model.n]
    sentences.append(f"LLM answers come from {', '.join(bought)}." if bought else "No LLM answers are bought.")
    if alone.n_human is not None and alone.standard_error is not None:
        sentences.append(
            f"Humans alone would be {alone.n_human:.0f}, with a standard error of {alone.standard_error:.4g}."
        )
    if found.bands is not None:
        low, high = found.bands.standard_error
        level = f"{100 * found.bands.level:g}%"
        sentences.append(
            f"What the data leaves open gives a {level} band of the standard error of {low:.4g} to {high:.4g}."
        )
    return " ".join(sentences)


def premises(found: DesignAnswer, basis: str) -> tuple[tuple[str, str], ...]:
    """Name and statement of what the design's figures rest on; none of it can be tested before the study."""
    stated = "the stated correlations, standard deviations and prices hold in the study that is planned"
    like = "the study that is planned has the population, outcome and models of the data it is planned from"
    first = ("stated_quantities", stated) if basis == "assumed" else ("study_like_its_data", like)
    if not found.design.n_llm_only:
        return (first,)
    text = "LLM-only units will belong to the humans' population; the study's own answer tests it"
    return (first, ("exchangeability", text))
