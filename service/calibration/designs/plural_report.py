"""What an allocation over questions, or sampling probabilities, rest on, and the paragraph for a methods section.

**Shapes** one paragraph; a name and a statement per premise.
**Units** counts in units, money in the request's currency.
**Assumes** nothing.
**Breaks** nothing.
**Raises** nothing.
**Source** none; the words are ours.
**Differs** in nothing.
"""

from __future__ import annotations

from service.calibration.designs.answer import QuestionsDesign, SamplingDesign

MINIMISED = {"worst": "the largest weighted variance", "weighted_sum": "the weighted sum of the variances"}
Premise = tuple[str, str]
QUANTITIES = ("stated_quantities", "what is stated or was measured of each question holds in the study that is planned")
POOL = ("exchangeability", "LLM-only units will belong to the humans' population; the study's own answer tests it")
PROBABILITIES = ("known_probabilities", "every unit is asked with the stated probability, independently of the others")
FRAME = ("frame_is_the_population", "the units of the frame are drawn from the population that is asked about")


def of_questions(found: QuestionsDesign) -> tuple[str, tuple[Premise, ...]]:
    """The paragraph about an allocation over questions, and its premises."""
    count = len(found.questions)
    whom = "on separate samples" if found.sample == "separate" else "on one sample"
    opening = (
        f"{found.n_human:.0f} human respondents and {found.n_llm_only:.0f} LLM-only units were allocated to {count} "
        f"questions {whom}, minimising {MINIMISED[found.minimise]}, at a cost of {found.cost:.4g}."
    )
    parts = [f"{q.name} {q.n_human:.0f} humans (standard error {q.standard_error:.4g})" for q in found.questions]
    sentences = [opening, f"By question: {'; '.join(parts)}."]
    if found.value_even is not None:
        change = 1 - found.value_continuous / found.value_even
        sentences.append(f"What is minimised is {change:.1%} less than if every question got the same money.")
    return " ".join(sentences), (QUANTITIES, POOL) if found.n_llm_only else (QUANTITIES,)


def of_sampling(found: SamplingDesign) -> tuple[str, tuple[Premise, ...]]:
    """The paragraph about sampling probabilities, and their premises."""
    opening = (
        f"Of {found.n_frame} units with LLM answers {found.n_expected:.4g} are asked in expectation, each with a "
        f"probability that rises with the error predicted for it ({found.smallest_probability:.3g} at least)."
    )
    sentences = [opening, f"Uniform sampling would need {found.n_uniform:.4g} humans for the same precision."]
    if found.standard_error is not None:
        sentences.append(f"The expected standard error is {found.standard_error:.4g}.")
    return " ".join(sentences), (PROBABILITIES, FRAME)
