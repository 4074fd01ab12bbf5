from __future__ import annotations

import pytest

from service.api.render.figures import probabilities
from service.api.render.figures.notes import Notes
from tests.api.render.answering import ERRORS, design
from tests.api.render.drawings import inside, of, texts

NOTES = Notes({"warnings": []}, embedded=True)


def test_probabilities_are_counted_beside_the_uniform_one() -> None:
    whole = design(ERRORS)["sampling"]
    root = of(probabilities.sheet(whole, NOTES))
    assert inside(root)
    assert "probability of being asked" in texts(root)
    assert probabilities.words(whole).lines[0].startswith("60 units with probabilities from ")


@pytest.mark.parametrize("found", [[0.0], [1.0, 1.0, 1.0], [0.2], [0.5, 1e-300]])
def test_any_probabilities(found: list[float]) -> None:
    whole = design(ERRORS)["sampling"] | {"probabilities": found, "n_frame": len(found), "n_expected": sum(found)}
    assert inside(of(probabilities.sheet(whole, NOTES)))
