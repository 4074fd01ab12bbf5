from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.intervals import auto
from service.calibration.moments import of_columns
from tests.calibration.intervals import cases
from tests.calibration.studies import as_moments, simulate


def chosen(*human) -> auto.Choice:
    return auto.chosen(cases.answers(*human).frame.sample)


@pytest.mark.parametrize(
    ("yes", "n", "method"), [(29, 100, "score"), (30, 100, "t"), (71, 100, "score"), (70, 100, "t")]
)
@pytest.mark.parametrize("values", [(0.0, 1.0), (1.0, 2.0), (-3.0, 1e6)])
def test_score_below_30_answers_of_the_rarer_kind(yes: int, n: int, method: str, values) -> None:
    answers = [values[int(y)] for y in cases.yes_no(yes, n)]
    found = chosen(answers)
    assert found.method == method
    assert [w.code for w in found.warnings] == (["small_or_rare_outcome"] if method == "score" else [])


def test_one_small_arm_decides_and_the_warning_points_to_it() -> None:
    found = chosen(cases.yes_no(40, 100), cases.yes_no(5, 100))
    assert found.method == "score"
    assert found.warnings[0].pointer == "/data/arms/1/human"
    assert "fewer than 30" in found.reason


@pytest.mark.parametrize(
    "human",
    [
        [[1.0, 2.0, 3.0, 1.0]],
        [[*[0.0, 1.0] * 10, 0.5]],
        [[0.0, 1.0, 1.0, 0.0], [1.0, 2.0, 1.0, 2.0]],
        [[0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 2.0, 2.0]],
    ],
    ids=["Likert", "a third value late", "two codes", "one arm with three"],
)
def test_more_than_two_answers_are_for_t(human) -> None:
    assert chosen(*human) == auto.Choice("t", "the outcome has more than two answers")


def test_an_arm_with_a_single_answer_is_rare() -> None:
    assert auto.chosen(cases.constant(200)).method == "score"


def test_moments_show_yes_no_answers_too() -> None:
    yes_no = simulate(3, (40, 50), (90, 80), outcome="binary").sample()
    assert auto.chosen(as_moments(yes_no)).method == "score"
    many = simulate(3, (400, 500), (90, 80), outcome="binary").sample()
    assert auto.chosen(as_moments(many)).method == "t"
    assert auto.chosen(as_moments(simulate(3, (40, 50), (90, 80)).sample())).method == "t"
    shares = replace(yes_no, human=tuple(of_columns(np.vstack([s.y / 2.0 + 0.1, s.c])) for s in yes_no.human))
    assert auto.chosen(shares).method == "t"
