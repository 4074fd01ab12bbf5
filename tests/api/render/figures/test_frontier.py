from __future__ import annotations

from service.api.render.figures import frontier
from tests.api.render.answering import ERRORS, QUESTIONS, answer, design
from tests.api.render.drawings import inside, of, texts


def test_the_design_stands_between_both_curves() -> None:
    whole = answer("/v1/designs")
    root = of(frontier.sheet(whole, embedded=False))
    assert {"The design", "Humans and LLM", "Humans alone for the same money", "cost", "standard error"} <= set(
        texts(root)
    )
    assert inside(root)
    assert "175 humans and 1,905 LLM-only units cost 1,000" in frontier.words(whole).lines[0]
    assert len(frontier.words(whole).lines) == 1 + len(whole["frontier"])


def test_without_a_frontier_the_design_stands_alone() -> None:
    whole = answer("/v1/designs") | {"frontier": []}
    assert "Humans alone for the same money" not in texts(of(frontier.sheet(whole, embedded=True)))


def test_bands_of_a_pilot_are_drawn() -> None:
    whole = answer("/v1/designs") | {"bands": {"level": 0.9, "standard_error": [0.05, 0.3]}}
    root = of(frontier.sheet(whole, embedded=True))
    assert inside(root)
    assert "standard error; the bar is its 90 % band" in texts(root)


def test_other_bases_have_other_figures() -> None:
    questions, sampling = design(QUESTIONS), design(ERRORS)
    assert "trust" in texts(of(frontier.sheet(questions, embedded=False)))
    assert "probability of being asked" in texts(of(frontier.sheet(sampling, embedded=False)))
    assert "questions" in frontier.words(questions).title
    assert "probabilities" in frontier.words(sampling).title
