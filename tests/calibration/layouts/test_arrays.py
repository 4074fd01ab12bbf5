from __future__ import annotations

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.layouts.arrays import ArmArrays, dropped_units, from_arrays
from tests.calibration.studies import problems

NAN = np.nan


def arm(name: str = "a", human=(1.0, 2.0, 4.0), llm=(1.0, 2.0, 3.0), llm_only=(5.0, 6.0)) -> ArmArrays:
    return ArmArrays(name, *(None if v is None else np.array(v, dtype=float) for v in (human, llm, llm_only)))


def refused(*arms: ArmArrays, missing: str = "error") -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        from_arrays(arms, missing)
    return problems(found.value)


def test_the_simple_layout() -> None:
    sample = from_arrays([arm(), arm("b", llm_only=(7.0,))])
    assert (sample.arms, sample.prediction_design, sample.outcome) == (("a", "b"), "independent", "y")
    assert [(c.name, c.kind, c.model, c.pointer) for c in sample.columns] == [
        ("llm", "prediction", "llm", "/data/arms/0/llm")
    ]
    assert [s.c.tolist() for s in sample.human] == [[[1.0, 2.0, 3.0]]] * 2
    assert [s.c.tolist() for s in sample.llm_only] == [[[5.0, 6.0]], [[7.0]]]
    assert sample.pointers == ("/data/arms/0/human", "/data/arms/1/human")


@pytest.mark.parametrize("nothing", [None, ()])
def test_llm_only_may_be_absent_or_empty(nothing) -> None:
    assert from_arrays([arm(llm_only=nothing)]).llm_only == (None,)


def test_humans_alone_are_a_sample() -> None:
    sample = from_arrays([arm(llm=None), arm("b", llm=None, llm_only=None)])
    assert (sample.columns, sample.llm_only) == ((), (None, None))


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        ([], [("/data/arms", "no_arms")]),
        ([arm(), arm("b"), arm()], [("/data/arms/2/name", "duplicate_arm")]),
        ([arm(llm=(1.0, 2.0))], [("/data/arms/0/llm", "length_mismatch")]),
        ([arm(), arm("b", llm=None)], [("/data/arms/1/llm", "no_paired_predictions")]),
        (
            [arm(human=(1.0, NAN, NAN, 3.0), llm=(1.0,) * 4)],
            [("/data/arms/0/human/1", "missing_human_answer"), ("/data/arms/0/human/2", "missing_human_answer")],
        ),
        (
            [arm(llm=(1.0, np.inf, 1e300), llm_only=(1.0, -np.inf))],
            [
                ("/data/arms/0/llm/1", "not_finite"),
                ("/data/arms/0/llm/2", "numeric_overflow"),
                ("/data/arms/0/llm_only/1", "not_finite"),
            ],
        ),
        ([arm(human=(1.0, 2.0), llm=(1.0, 2.0))], [("/data/arms/0/human", "too_few_humans")]),
        ([arm(llm=(NAN, NAN, NAN))], [("/data/arms/0/llm", "no_usable_answers")]),
        (
            [arm(human=(NAN, 2.0, 3.0)), arm(llm=(1.0,))],
            [
                ("/data/arms/1/name", "duplicate_arm"),
                ("/data/arms/0/human/0", "missing_human_answer"),
                ("/data/arms/1/llm", "length_mismatch"),
            ],
        ),
    ],
)
def test_every_refusal_at_its_place(arms: list[ArmArrays], expected: list[tuple[str, str]]) -> None:
    assert refused(*arms) == expected


def test_missing_human_answers_may_be_dropped_with_their_pairs() -> None:
    holed = arm(human=(1.0, NAN, 2.0, 4.0), llm=(1.0, 9.0, 2.0, NAN))
    sample = from_arrays([holed], "drop_unit")
    assert sample.human[0].y.tolist() == [1.0, 2.0, 4.0]
    assert sample.human[0].c[1].tolist() == [0.0, 0.0, 1.0]
    assert sample.n_dropped == 1
    assert sample.warnings[0].code == "missing_human_dropped"
    assert sample.warnings[0].message.startswith("1 units")
    assert dropped_units(0) == ()


def test_dropping_may_leave_too_few() -> None:
    assert refused(arm(human=(1.0, NAN, 2.0)), missing="drop_unit") == [("/data/arms/0/human", "too_few_humans")]
