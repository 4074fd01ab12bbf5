from __future__ import annotations

from dataclasses import replace

from service.calibration.answer import Assumption
from service.calibration.screenings.answer import Next, Screened
from service.calibration.screenings.report import paragraph
from tests.calibration.screenings.test_answer import APPLIED, NOT_RUN, RUN

DONE = Screened((RUN, NOT_RUN), 0.64, None, APPLIED, (Assumption("valid_p_values", "assumed", None, ""),), ())


def test_the_paragraph_tells_numbers_procedure_weights_and_assumptions() -> None:
    text = paragraph(DONE)
    for part in ("Of 2 hypotheses, 1 had human results and 1 was rejected", "weighted Holm", "at 0.05", "mean 1",
                 "before any human result", "0 + 0.4 times", "0.64 discoveries", "valid p values"):  # fmt: skip
        assert part in text
    assert "next" not in text


def test_cross_weights_and_proposals_are_told() -> None:
    applied = replace(APPLIED, multiplicity="benjamini_hochberg", folds=5)
    proposed = (Next("b", 200, 1000.0, 0.3), Next("c", 200, 1000.0, 0.2))
    text = paragraph(replace(DONE, applied=applied, next=proposed, hypotheses=(NOT_RUN,)))
    for part in ("1 hypothesis, 0 had human results and 0 were", "Benjamini-Hochberg", "in 5 folds",
                 "2 hypotheses proposed", "200 humans each", "exploratory"):  # fmt: skip
        assert part in text
