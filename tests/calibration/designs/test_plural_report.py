from __future__ import annotations

import numpy as np

from service.calibration.designs.objective import Objective
from service.calibration.designs.plural_report import of_questions, of_sampling
from service.calibration.designs.questions import questions_design
from service.calibration.designs.sampling import Frame, sampling_design
from tests.calibration.designs.test_questions import ASKED, asked


def test_questions_are_told_with_their_numbers():
    found = questions_design(asked())
    text, rests_on = of_questions(found)
    assert f"{found.n_human:.0f} human respondents" in text
    assert f"q1 {found.questions[1].n_human:.0f} humans" in text
    assert f"{1 - found.value_continuous / found.value_even:.1%} less" in text
    assert [name for name, _ in rests_on] == ["stated_quantities", "exchangeability"]
    same = questions_design(asked("same", questions=(ASKED[1],)))
    assert "on one sample" in of_questions(same)[0]
    assert "same money" not in of_questions(same)[0]


def test_probabilities_are_told_with_their_numbers():
    frame = Frame(np.array([0.2, 0.5, 1.0] * 10), 2.0)
    text, rests_on = of_sampling(sampling_design(frame, 1.0, Objective("budget", 6.0)))
    assert "Of 30 units with LLM answers 6 are asked" in text
    assert "standard error" in text
    assert [name for name, _ in rests_on] == ["known_probabilities", "frame_is_the_population"]
    assert (
        "standard error"
        not in of_sampling(sampling_design(Frame(frame.predicted_error), 1.0, Objective("budget", 6.0)))[0]
    )
