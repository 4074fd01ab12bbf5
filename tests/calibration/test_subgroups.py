from __future__ import annotations

from service.calibration.errors import Problem, Warned
from service.calibration.subgroups import left_out, none_left, told
from tests.calibration.studies import problems

SMALL = Problem("/data", "too_few_humans", "arm 'a' has 2 human answers", "")
FLAT = Problem("/data", "no_variation", "all answers are the same", "")


def test_the_size_of_a_subgroup_is_its_first_reason() -> None:
    found = left_out("f", 7, [FLAT, SMALL], "/data/outcomes/y")
    assert found.code == "subgroup_too_small"
    assert found.message == "subgroup 'f' with 7 human answers was left out: arm 'a' has 2 human answers"
    assert found.pointer == "/data/outcomes/y"


def test_other_reasons_are_named() -> None:
    found = left_out("f", 7, [FLAT], "/data/outcomes/y")
    assert (found.code, found.message.endswith("left out: all answers are the same")) == ("subgroup_left_out", True)


def test_no_subgroup_left() -> None:
    assert problems(none_left(3)) == [("/data/subgroup", "no_usable_subgroup")]
    assert "none of 3 subgroups" in none_left(3).problems[0].detail


def test_a_warning_says_whom_it_is_about() -> None:
    assert told("f", Warned("few", "few humans", "/x")) == Warned("few", "subgroup 'f': few humans", "/x")
