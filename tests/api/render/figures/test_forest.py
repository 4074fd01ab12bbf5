from __future__ import annotations

import pytest

from service.api.render.figures import forest
from tests.api.render.answering import AWKWARD, answer, calibration
from tests.api.render.drawings import inside, of, texts

OPEN = (("greater", 0.5, 0.1, None), ("less", 0.5, None, 0.9), ("nothing", 0.5, None, None), ("point", 0.5, 0.5, 0.5))
HUGE = (("a", 1e300, -1.7e308, 1.7e308), ("b", 0.0, -5e-324, 5e-324))


def test_names_and_numbers_of_every_estimate_are_written() -> None:
    written = texts(of(forest.sheet(answer("/v1/calibrations"), embedded=False)))
    assert "treatment - control" in written
    assert "0.703 [0.348, 1.058]" in written
    assert "Bars are 95 % intervals." in written


@pytest.mark.parametrize("numbers", [OPEN, HUGE, tuple((name, 1.0, 0.0, 2.0) for name in AWKWARD)])
def test_whatever_the_numbers_and_names_are_the_figure_holds_them(numbers) -> None:
    for embedded in (True, False):
        assert inside(of(forest.sheet(calibration(*numbers), embedded=embedded)))


def test_outcomes_have_axes_of_their_own() -> None:
    whole = calibration(("a", 0.5, 0.1, 0.9), ("a", 5e4, 1e4, 9e4))
    whole["estimates"][1]["outcome"] = "income"
    written = texts(of(forest.sheet(whole, embedded=True)))
    assert {"trust", "income"} <= set(written)
    assert written.count("estimate") == 2


def test_components_whose_scales_are_far_apart_have_axes_of_their_own() -> None:
    whole = calibration(("a", 1500.0, 1000.0, 2000.0), ("a", 1.5, 1.0, 2.0), ("a", 2.5, 1.0, 9.0))
    for estimate, component in zip(whole["estimates"], ("intercept", "age", "sex"), strict=True):
        estimate["component"] = component
        estimate["human_only"] = {"estimate": estimate["estimate"], "interval": estimate["interval"]}
    found = forest.panels(whole["estimates"])
    assert [(outcome, len(panel)) for outcome, panel in found] == [("trust", 1), ("trust", 1), ("trust", 1)]
    assert [len(panel) for _, panel in forest.panels(whole["estimates"][1:])] == [2]
    written = texts(of(forest.sheet(whole, embedded=True)))
    assert written.count("estimate") == 3
    assert "trust" not in written


def test_beyond_the_most_it_says_how_many_are_left_out() -> None:
    whole = calibration(*((f"t{k}", k / 10, k / 10 - 1, k / 10 + 1) for k in range(200)))
    written = texts(of(forest.sheet(whole, embedded=True)))
    assert "160 more estimates are in the answer and not drawn." in written
    assert "t39" in written
    assert "t40" not in written


def test_what_is_not_tested_has_no_null_value_and_no_llm_no_mark() -> None:
    whole = calibration(("a", 0.5, 0.1, 0.9))
    whole["estimates"][0] |= {"p_value": None, "llm_only": None}
    assert "LLM alone 1" not in " ".join(forest.words(whole).lines)
    assert inside(of(forest.sheet(whole, embedded=True)))
    far = calibration(("a", 500.0, 499.0, 501.0))
    far["estimates"][0]["llm_only"]["estimate"] = 500.5
    assert "0" not in texts(of(forest.sheet(far, embedded=True)))


def test_words_say_every_estimate() -> None:
    words = forest.words(answer("/v1/calibrations"))
    assert words.title == "Forest plot of 1 calibrated estimate"
    (line,) = words.lines
    assert line.startswith(
        "treatment - control: calibrated 0.703 [0.348, 1.058], humans alone 0.333 [\u22120.148, 0.815]"
    )
    assert line.endswith(", LLM alone, exploratory, 1.101.")


def test_words_name_the_outcome_where_there_are_several() -> None:
    whole = calibration(("a", 0.5, 0.1, 0.9), ("a", 0.7, 0.1, 0.9))
    whole["estimates"][1]["outcome"] = "income"
    first, second = forest.words(whole).lines
    assert first.startswith("trust \u00b7 a: ")
    assert second.startswith("income \u00b7 a: ")


def test_bars_are_told_by_the_level_of_the_intervals() -> None:
    """That of an equivalence test is not the confidence level."""
    whole = calibration(("a", 0.5, 0.1, 0.9))
    whole["estimates"][0]["interval"]["level"] = 0.9
    assert "Bars are 90 % intervals." in texts(of(forest.sheet(whole, embedded=True)))
