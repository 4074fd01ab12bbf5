from __future__ import annotations

import pytest

from service.api.render.report.choices import choices
from tests.api.render.answering import BY_PATH, answer


def told(applied: dict[str, object]) -> dict[str, str]:
    return {name: cell.text for name, cell in choices(applied).entries}


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_every_choice_of_a_path_is_told_unless_it_does_not_apply(path: str) -> None:
    applied = answer(path, validate=True)["applied"]
    assert len(told(applied)) == len([value for value in applied.values() if value is not None])
    assert not any("{" in text or "True" in text for text in told(applied).values())


def test_words_of_ours_are_spoken_and_names_are_not() -> None:
    found = told({"estimand": {"type": "mean_difference"}, "reason": "a_b", "control": "a_b", "subgroups": ["c_d"]})
    assert found == {"estimand": "mean difference", "why": "a_b", "control": "a_b", "subgroups": "c_d"}


def test_contrasts_have_their_weights_and_what_has_none_is_left_out() -> None:
    contrasts = {"b - a": {"a": -1.0, "b": 1.0, "c": 0.0}, "c": {"c": 0.5}}
    assert told({"contrasts": contrasts})["contrasts"] == "b - a (a \u22121, b 1), c (c 0.5)"


def test_numbers_switches_and_lists() -> None:
    found = told({"compat": True, "interactions": [["a", "b"]], "bounds": [], "error_rate": 0.05, "margin": None})
    assert found == {
        "as published, with known faults": "yes",
        "interactions": "a, b",
        "bounds": "none",
        "error rate": "0.05",
    }
    assert (
        told({"calibration": {"residual_sd": 0.15, "intercept": 0.0}})["calibration"] == "residual sd 0.15, intercept 0"
    )
    assert choices({"error_rate": 0.05}).entries[0][1].exact == "0.05"


def test_numbers_inside_keep_what_they_were_written_from_and_names_their_direction() -> None:
    ((_, cell),) = choices({"contrasts": {"b - a": {"a": -0.123456}}}).entries
    assert [(part.kind, part.exact) for part in cell.parts if part.exact or part.kind == "name"] == [
        ("name", ""),
        ("name", ""),
        ("number", "-0.123456"),
    ]


def test_long_lists_are_cut_and_say_so() -> None:
    assert told({"subgroups": [str(k) for k in range(100)]})["subgroups"].endswith("58, 59 and 40 more")
