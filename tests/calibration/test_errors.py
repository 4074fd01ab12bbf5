from __future__ import annotations

import pytest

from service.calibration.errors import (
    CalibrationError,
    InvalidPlan,
    InvalidSample,
    NotIdentified,
    Problem,
    TooExpensive,
    UnsupportedCombination,
    token,
)


@pytest.mark.parametrize("kind", [InvalidSample, InvalidPlan, UnsupportedCombination, NotIdentified, TooExpensive])
def test_every_refusal_is_a_calibration_error_with_its_problem(kind) -> None:
    refusal = kind.at("/data", "code", "what was seen", "what to do")
    assert isinstance(refusal, CalibrationError)
    assert type(refusal) is kind
    assert refusal.problems == (Problem("/data", "code", "what was seen", "what to do"),)


def test_the_message_shows_the_first_three_problems() -> None:
    refusal = CalibrationError([Problem(f"/data/{i}", "code", "odd") for i in range(5)])
    assert str(refusal) == "/data/0: odd; /data/1: odd; /data/2: odd"
    assert len(refusal.problems) == 5


def test_names_in_pointers_are_escaped() -> None:
    assert token("a/b~c") == "a~1b~0c"
